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
  // Grows with each new use of this number: events fetched for the previous use must not reach the new one.
  uint32_t generation;
  bool isWatched;
};

struct poller {
  int epoll;
  // By descriptor.
  struct watched *watched;
  size_t size;
};

// Opens it for descriptors below `size`. False with errno on failure.
bool pollerOpen(struct poller *poller, size_t size);

// Watches a descriptor for exactly these events, and always for errors and hang-ups (epoll_ctl(2)). False with errno if
// the kernel has no room for a new one; a watched descriptor can always be changed.
bool pollerSet(struct poller *poller, int descriptor, uint32_t events, readyHandler handler, void *context);

// Stops watching it. Harmless if it is not watched.
void pollerForget(struct poller *poller, int descriptor);

// Forgets and closes a descriptor and sets it to -1. Harmless for -1.
void pollerClose(struct poller *poller, int *descriptor);

// Waits at most this long, and calls the handlers. A handler may close any descriptor.
void pollerWait(struct poller *poller, int timeoutMs);

#endif
