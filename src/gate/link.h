// Doubly linked lists whose links are inside the items: no allocation, and an item leaves its list in one step.
#ifndef MLGATE_LINK_H
#define MLGATE_LINK_H

#include <stdbool.h>
#include <stddef.h>

// An item's link, or a list's head. Alone, it points to itself: linkInit sets up every link and head.
struct link {
  struct link *previous, *next;
};

// The item of a type whose member is this link.
#define linkOwner(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))

static inline void linkInit(struct link *link) {
  link->previous = link;
  link->next = link;
}

// For a head: the list is empty. For an item: it is in no list.
static inline bool linkAlone(const struct link *link) {
  return link->next == link;
}

static inline void linkAppend(struct link *head, struct link *item) {
  item->previous = head->previous;
  item->next = head;
  head->previous->next = item;
  head->previous = item;
}

// Removes an item from its list, if it is in one.
static inline void linkRemove(struct link *item) {
  item->previous->next = item->next;
  item->next->previous = item->previous;
  linkInit(item);
}

// Moves all items of a list to the end of another.
static inline void linkAppendAll(struct link *head, struct link *from) {
  if (linkAlone(from)) return;
  from->next->previous = head->previous;
  head->previous->next = from->next;
  from->previous->next = head;
  head->previous = from->previous;
  linkInit(from);
}

#endif
