// Subordinate uids (subuid(5)): with a user namespace one user is 65,536 uids. All uids of a range share one entry.
#ifndef MLGATE_SUBORDINATE_H
#define MLGATE_SUBORDINATE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "limits.h"

struct range {
  uid_t first;
  unsigned long count;
};

struct subordinates {
  struct range ranges[MAX_RANGES];
  size_t count;
  // Identify the file that was read, to notice when it changes.
  struct timespec changedAt;
  ino_t file;
};

// Reads ranges from the file's text, at most MAX_RANGES. Skips invalid lines. Pure.
void subordinatesParse(struct subordinates *subordinates, const char *text, size_t length);

// Rereads /etc/subuid if it has changed. Without the file there are no ranges.
void subordinatesRead(struct subordinates *subordinates);

// The first uid of the range that contains a uid, else the uid itself.
uid_t subordinatesShareOf(const struct subordinates *subordinates, uid_t uid);

#endif
