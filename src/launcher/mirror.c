#include "mirror.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
  /** Major number of /dev/null and similar devices (Linux, admin-guide/devices.txt). */
  MEMORY_DEVICES = 1,
  /** The most that a pipe or terminal takes without blocking once poll(2) calls it writable (pipe(7), PIPE_BUF). */
  PIECE_BYTES = PIPE_BUF,
  PATH_BYTES = 32,
};

/** Reopens a pipe to get flags of its own. Fails without /proc, or if another user created the pipe. */
static int reopen_pipe(int fd) {
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

void open_mirror(struct mirror *mirror, int fd) {
  *mirror = (struct mirror){.fd = fd, .way = SHOWS_PIECES};
  struct stat kind;
  if (fd < 0 || fstat(fd, &kind) != 0) return;
  bool is_memory = S_ISCHR(kind.st_mode) && major(kind.st_rdev) == MEMORY_DEVICES;
  if (S_ISREG(kind.st_mode) || is_memory) mirror->way = SHOWS_AT_ONCE;
  if (S_ISSOCK(kind.st_mode)) mirror->way = SHOWS_ON_SOCKET;
  if (!S_ISFIFO(kind.st_mode)) return;
  mirror->is_pipe = true;
  int own = reopen_pipe(fd);
  if (own < 0) return;
  close(fd);
  mirror->fd = own;
  mirror->way = SHOWS_WITHOUT_WAITING;
}

static ssize_t show(const struct mirror *mirror) {
  if (mirror->way == SHOWS_ON_SOCKET) return send(mirror->fd, mirror->bytes, mirror->left, MSG_DONTWAIT | MSG_NOSIGNAL);
  bool is_piece = mirror->way == SHOWS_PIECES && mirror->left > PIECE_BYTES;
  return write(mirror->fd, mirror->bytes, is_piece ? PIECE_BYTES : mirror->left);
}

enum mirror_result continue_mirror(struct mirror *mirror) {
  while (mirror->fd >= 0 && mirror->left > 0) {
    ssize_t shown = show(mirror);
    if (shown < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return MIRROR_WAITS;
      return errno == EPIPE || errno == ECONNRESET ? MIRROR_BROKEN : MIRROR_FAILED;
    }
    mirror->bytes += shown;
    mirror->left -= (size_t)shown;
    // The next piece might block: wait until poll says otherwise.
    if (mirror->way == SHOWS_PIECES && mirror->left > 0) return MIRROR_WAITS;
  }
  mirror->left = 0;
  return MIRROR_IDLE;
}

void close_mirror(struct mirror *mirror) {
  if (mirror->fd >= 0) close(mirror->fd);
  mirror->fd = -1;
  mirror->left = 0;
}
