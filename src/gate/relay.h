// Connections to rsyslogd's private sockets.
#ifndef MLGATE_RELAY_H
#define MLGATE_RELAY_H

#include <sys/types.h>

// A socket of the relay, and when its absence was last logged.
struct relay {
  const char *linesPath, *beginPath;
  unsigned long long toldAtMs;
};

// A non-blocking connection, and in `process` the process that listens there (0 if not visible from here). -1 if there
// is none, which is logged at intervals.
int relayDial(struct relay *relay, const char *path, pid_t *process, unsigned long long nowMs);

// The end of a connection on which rsyslogd never sends anything.
enum relayWord {
  // Not ended.
  RELAY_SILENT,
  // EOF: rsyslogd closed it, or the kernel did when rsyslogd ended.
  RELAY_CLOSED,
  // Reset, or something was sent: not from a rsyslogd that has read everything.
  RELAY_BROKEN,
};

enum relayWord relayRead(int descriptor);

#endif
