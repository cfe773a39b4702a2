#include "poller.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

bool pollerOpen(struct poller *poller, size_t size) {
  poller->watched = calloc(size, sizeof *poller->watched);
  poller->size = size;
  poller->epoll = epoll_create1(EPOLL_CLOEXEC);
  return poller->watched != NULL && poller->epoll >= 0;
}

bool pollerSet(struct poller *poller, int descriptor, uint32_t events, readyHandler handler, void *context) {
  if ((size_t)descriptor >= poller->size) {
    errno = EMFILE;
    return false;
  }
  struct watched *watched = &poller->watched[descriptor];
  if (watched->isWatched && watched->events == events && watched->handler == handler) return true;
  uint32_t generation = watched->isWatched ? watched->generation : watched->generation + 1;
  struct epoll_event event = {
      .events = events,
      .data.u64 = (uint64_t)generation << 32 | (uint32_t)descriptor,
  };
  int operation = watched->isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(poller->epoll, operation, descriptor, &event) != 0) return false;
  *watched = (struct watched){
      .handler = handler,
      .context = context,
      .events = events,
      .generation = generation,
      .isWatched = true,
  };
  return true;
}

void pollerForget(struct poller *poller, int descriptor) {
  struct watched *watched = &poller->watched[descriptor];
  if (!watched->isWatched) return;
  watched->isWatched = false;
  if (epoll_ctl(poller->epoll, EPOLL_CTL_DEL, descriptor, NULL) != 0) {
    logEvent(LOG_SAYS_ERROR, "cannot stop watching descriptor %d: errno %d", descriptor, errno);
  }
}

void pollerClose(struct poller *poller, int *descriptor) {
  if (*descriptor < 0) return;
  // close(2) removes it from epoll: no other process holds it.
  if ((size_t)*descriptor < poller->size) poller->watched[*descriptor].isWatched = false;
  close(*descriptor);
  *descriptor = -1;
}

void pollerWait(struct poller *poller, int timeoutMs) {
  struct epoll_event events[EVENTS_PER_TURN];
  int count = epoll_wait(poller->epoll, events, EVENTS_PER_TURN, timeoutMs);
  for (int i = 0; i < count; i += 1) {
    struct watched *watched = &poller->watched[(uint32_t)events[i].data.u64];
    if (!watched->isWatched || watched->generation != (uint32_t)(events[i].data.u64 >> 32)) continue;
    watched->handler(watched->context, events[i].events);
  }
}
