// Files that a client passes to the gate (SCM_RIGHTS, unix(7)), which needs none. Closing the last descriptor of a file
// may block: for a TCP socket as long as its SO_LINGER says (socket(7)), for a file as long as its server is away. So
// the gate never closes one itself: it gives them to a process that ends. There the kernel does not linger for TCP, and
// nobody waits for the rest.
//
// Files arrive with a read, or lie unread in a client's socket. Both are collected, and one process takes all that one
// turn of the loop collected.
#ifndef MLGATE_PASSED_H
#define MLGATE_PASSED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "limits.h"

struct passed {
  int files[MAX_COLLECTED];
  size_t count;
};

// Reads from a client, without waiting, as recv(2). `hasFiles` says that it passed files, which are collected.
ssize_t passedRead(struct passed *passed, int client, char *bytes, size_t room, bool *hasFiles);

// Takes a client's socket that is to be closed, when there are files in what was not read. False: close it.
bool passedCollects(struct passed *passed, int client);

// Gives what was collected to a process that ends. If none can be started, it stays until the next turn. Call it once
// in each turn of the loop.
void passedGive(struct passed *passed);

#endif
