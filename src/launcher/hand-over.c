#include "hand-over.h"
#include "record.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/** The gate's answers: `src/run/delivery/gate-protocol.ts`. */
static const char BEGIN_TAKEN = 'K';
static const char ALL_TAKEN = 'T';

static bool send_all(int fd, const char *run_dir, const char *bytes, size_t count) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/mlrun.sock", run_dir);
  if (length >= (int)sizeof address.sun_path) return false;
  // Neither call waits: where the gate's queue is full, the logger tries again.
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) return false;
  if (send(fd, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) return false;
  return shutdown(fd, SHUT_WR) == 0;
}

bool start_hand_over(struct hand_over *hand_over, const char *run_dir, const char *bytes, size_t count) {
  *hand_over = (struct hand_over){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .since_us = now_us()};
  if (hand_over->fd < 0) return false;
  if (send_all(hand_over->fd, run_dir, bytes, count)) return true;
  end_hand_over(hand_over);
  return false;
}

enum hand_over_state hear_gate(struct hand_over *hand_over) {
  char answer;
  ssize_t got;
  while ((got = recv(hand_over->fd, &answer, sizeof answer, 0)) > 0) {
    if (answer == ALL_TAKEN && hand_over->has_begun) return HAND_OVER_TAKEN;
    if (answer != BEGIN_TAKEN || hand_over->has_begun) return HAND_OVER_FAILED;
    hand_over->has_begun = true;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? HAND_OVER_WAITS : HAND_OVER_FAILED;
}

void end_hand_over(struct hand_over *hand_over) {
  if (hand_over->fd >= 0) close(hand_over->fd);
  hand_over->fd = -1;
}
