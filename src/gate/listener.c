#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

// SD_LISTEN_FDS_START of sd_listen_fds(3).
#define FIRST_INHERITED 3

bool listenerIsInherited(void) {
  const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
  if (process == NULL || count == NULL) return false;
  return strtol(process, NULL, 10) == (long)getpid() && strtol(count, NULL, 10) > 0;
}

static bool hasOption(int descriptor, int option, int wanted) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 && value == wanted;
}

int listenerInherit(void) {
  int descriptor = FIRST_INHERITED;
  bool fits = strcmp(getenv("LISTEN_FDS"), "1") == 0 && hasOption(descriptor, SO_DOMAIN, AF_UNIX) &&
              hasOption(descriptor, SO_TYPE, SOCK_STREAM) && hasOption(descriptor, SO_ACCEPTCONN, 1);
  if (!fits) {
    logEvent(LOG_SAYS_ERROR, "cannot use what systemd handed over: one unix stream socket that listens is needed");
    return -1;
  }
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
      fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    logEvent(LOG_SAYS_ERROR, "cannot use the socket of systemd: %s", strerror(errno));
    return -1;
  }
  return descriptor;
}

// Removes a file left by an earlier gate; the socket of a running one stays.
static bool makeRoom(const struct sockaddr_un *address) {
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool isTaken = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
  int reason = errno;
  close(probe);
  if (isTaken) {
    errno = EADDRINUSE;
    return false;
  }
  return reason != ECONNREFUSED || unlink(address->sun_path) == 0;
}

int listenerBind(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool isBound = descriptor >= 0 && makeRoom(&address) &&
                 bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0666) == 0 &&
                 listen(descriptor, LISTEN_BACKLOG) == 0;
  if (isBound) return descriptor;
  logEvent(LOG_SAYS_ERROR, "cannot listen at %s: %s", path, strerror(errno));
  if (descriptor >= 0) close(descriptor);
  return -1;
}
