// BEGINs on their way to the relay: all waiting ones, of all users, go together on one short connection to its private
// begin socket, each as "<134>1 - - UID PID GID - JSON" with the kernel's word on the sender. K is sent when the proof
// confirms rsyslogd's EOF: then they are in the journal.
#ifndef MLGATE_ROUNDS_H
#define MLGATE_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "limits.h"
#include "link.h"

struct gate;
struct connection;

struct rounds {
  // True from a round's start until it is proven or lost. The socket is -1 once the relay has closed its connection.
  bool isUnderWay;
  int socket;
  unsigned epoch;
  // The next round also carries the counters: see report.h.
  bool isReportDue;
  // Users with waiting BEGINs, the next to be served first; connections whose BEGIN is in the round.
  struct link users, sent;
  // Some wait only for their user's bucket.
  bool areThrottled;
  // Octets of the round, and the number that the relay's socket took.
  char bytes[ROUND_BYTES + MAX_JSON_BYTES + MAX_BEGIN_ENVELOPE_BYTES + MAX_REPORT_BYTES];
  size_t length, sentBytes;
};

void roundsInit(struct rounds *rounds);

// Queues a connection whose BEGIN is whole for one of the next rounds.
void roundsQueue(struct connection *connection);

// Drops the BEGIN of a connection that ends, unless it is already sent.
void roundsLeave(struct connection *connection);

// Starts a round with the waiting BEGINs, unless one is running. Once per turn of the loop.
void roundsStart(struct gate *gate);

// Ends the round: sends K to all its connections if it is proven, otherwise ends them.
void roundsDone(struct gate *gate, bool isProven);

#endif
