// BEGINs on their way to the relay: those that wait, of all users, go together on one short connection to its private
// begin socket, each as "<134>1 - - UID PID GID - JSON" with the kernel's word on who it is from. K is said when the
// proof says that rsyslogd's EOF meant what it says: they stand in the journal.
#ifndef MLGATE_ROUNDS_H
#define MLGATE_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "limits.h"
#include "link.h"

struct gate;
struct connection;

struct rounds {
  // From its start until it is proven or lost; -1 once the relay has closed its connection.
  bool isUnderWay;
  int socket;
  unsigned epoch;
  // The next one carries the counters, too: see report.h.
  bool isReportDue;
  // Users with BEGINs that wait, the next to be served first; connections whose BEGIN is in the round.
  struct link users, sent;
  // Some wait for nothing but their user's bucket.
  bool areThrottled;
  // The octets of the round, and how many the relay's socket took.
  char bytes[ROUND_BYTES + MAX_JSON_BYTES + MAX_BEGIN_ENVELOPE_BYTES + MAX_REPORT_BYTES];
  size_t length, sentBytes;
};

void roundsInit(struct rounds *rounds);

// The connection's BEGIN is whole: it goes with one of the next rounds.
void roundsQueue(struct connection *connection);

// The connection ends: its BEGIN goes no more, if it has not gone yet.
void roundsLeave(struct connection *connection);

// Starts a round with what waits, unless one is under way. Once a turn of the loop.
void roundsStart(struct gate *gate);

// The round is over: K for all in it when it is proven, and otherwise the end of all.
void roundsDone(struct gate *gate, bool isProven);

#endif
