#include "relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

// unix(7): on the connecting end SO_PEERCRED is the process that called listen(2).
static pid_t listenerOf(int descriptor) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return 0;
  return credentials.pid;
}

int relayDial(struct relay *relay, const char *path, pid_t *process, unsigned long long nowMs) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  // Its length was checked with the command line.
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) {
    *process = listenerOf(descriptor);
    relay->toldAtMs = 0;
    return descriptor;
  }
  int reason = errno;
  if (descriptor >= 0) close(descriptor);
  if (relay->toldAtMs == 0 || nowMs - relay->toldAtMs >= TELL_AGAIN_AFTER_MS) {
    relay->toldAtMs = nowMs;
    logEvent(LOG_SAYS_WARNING, "cannot reach the relay at %s: %s; jobs keep their lines until it is there", path,
             strerror(reason));
  }
  return -1;
}

enum relayWord relayRead(int descriptor) {
  char octet;
  ssize_t got = recv(descriptor, &octet, 1, MSG_DONTWAIT);
  if (got == 0) return RELAY_CLOSED;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return RELAY_SILENT;
  return RELAY_BROKEN;
}
