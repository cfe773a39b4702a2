// epoll(7) with a function for each descriptor.
#ifndef MLGATE_POLLER_H
#define MLGATE_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

typedef void (*readyHandler)(void *context, uint32_t events);

struct watched {
  readyHandler handler;
  void *context;
  uint32_t events;
  // Grows with each new use of this number: an event that was fetched for the use before is none of the new one's.
  uint32_t generation;
  bool isWatched;
};

struct poller {
  int epoll;
  // By descriptor.
  struct watched *watched;
  size_t size;
};

// For descriptors below `size`. False with errno.
bool pollerOpen(struct poller *poller, size_t size);

// Watches a descriptor from now on for these events, and no others; for errors and hang-ups always (epoll_ctl(2)).
// False with errno when the kernel has no room for one more; what is watched already always can be changed.
bool pollerSet(struct poller *poller, int descriptor, uint32_t events, readyHandler handler, void *context);

// Watches it no longer. Harmless when it is not watched.
void pollerForget(struct poller *poller, int descriptor);

// Forgets and closes a descriptor and sets it to -1. Harmless for -1.
void pollerClose(struct poller *poller, int *descriptor);

// Waits, at most so long, and calls the handlers. A handler may close any descriptor.
void pollerWait(struct poller *poller, int timeoutMs);

#endif
