#include "copy.h"
#include "console.h"
#include "ring.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { FAILED = 1 };

/** Waits on a descriptor that others have made non-blocking. */
static void wait_for(int fd, short events) {
  struct pollfd polled = {fd, events, 0};
  poll(&polled, 1, -1);
}

static void write_all(const char *bytes, size_t left, int console) {
  while (left > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, left);
    if (written > 0) {
      bytes += written;
      left -= (size_t)written;
    } else if (errno == EAGAIN) {
      wait_for(STDOUT_FILENO, POLLOUT);
    } else if (errno != EINTR) {
      warn(console, "Cannot pass stdin on: %s", strerror(errno));
      _exit(FAILED);
    }
  }
}

_Noreturn void copy_stdin(int console) {
  static char bytes[READ_BYTES];
  for (;;) {
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got == 0) _exit(0);
    if (got > 0) write_all(bytes, (size_t)got, console);
    else if (errno == EAGAIN) wait_for(STDIN_FILENO, POLLIN);
    else if (errno != EINTR) {
      warn(console, "Cannot read stdin: %s", strerror(errno));
      _exit(FAILED);
    }
  }
}
