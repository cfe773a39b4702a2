// Subordinate uids (subuid(5)): with a user namespace one user is 65,536 uids. All of a range have one share.
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
  // Of the file as it was read: it is read again when it is another one.
  struct timespec changedAt;
  ino_t file;
};

// Takes the ranges from the text of the file, MAX_RANGES at most. A line that is none is passed over. Pure.
void subordinatesParse(struct subordinates *subordinates, const char *text, size_t length);

// Reads /etc/subuid when it has changed. Without it there are no ranges.
void subordinatesRead(struct subordinates *subordinates);

// The first uid of the range that a uid is in, else the uid itself.
uid_t subordinatesShareOf(const struct subordinates *subordinates, uid_t uid);

#endif
