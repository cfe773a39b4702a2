// Connections to rsyslogd's private sockets.
#ifndef MLGATE_RELAY_H
#define MLGATE_RELAY_H

#include <sys/types.h>

// What is reached, and when that was last logged as impossible.
struct relay {
  const char *linesPath, *beginPath;
  unsigned long long toldAtMs;
};

// A connection, not blocking, and in `process` the process that listens there (0 when it cannot be seen from here).
// -1 when there is none, which is logged now and then.
int relayDial(struct relay *relay, const char *path, pid_t *process, unsigned long long nowMs);

// The end of a connection on which rsyslogd never sends anything.
enum relayWord {
  // Not ended.
  RELAY_SILENT,
  // EOF: rsyslogd closed it, or the kernel did when rsyslogd ended.
  RELAY_CLOSED,
  // Reset, or something was sent: no rsyslogd that has read everything.
  RELAY_BROKEN,
};

enum relayWord relayRead(int descriptor);

#endif
