// Proves that the rsyslogd that closed a connection was still alive afterwards: then it closed it because it had taken
// over everything. Otherwise the kernel did, because rsyslogd had ended.
//
// One idle connection P to rsyslogd's lines socket serves everybody. After rsyslogd's EOFs on their connections, the
// next one, P', is connected; then P gets the octet '1', an octet count that never ends and so no message, and a
// half-close. A clean EOF on P means that rsyslogd read it. An ended rsyslogd cannot: for unread octets the kernel
// answers with a reset, for a connection already gone with EPIPE. Then all waiting connections end without their
// answer.
//
// An epoch is the time of one rsyslogd: each P' is connected while P still answers, and to the same process. It proves
// only connections of the same epoch.
#ifndef MLGATE_PROOF_H
#define MLGATE_PROOF_H

#include <stdbool.h>
#include <sys/types.h>

#include "link.h"

struct gate;
struct connection;

struct proof {
  // P and P'; -1 if there is none.
  int current, next;
  pid_t process;
  unsigned epoch;
  // The octet is sent.
  bool isUnderWay;
  // Connections in STAGE_UNPROVEN: for the next proof, and for the current one.
  struct link waiting, proving;
  // The round whose EOF has arrived: it waits for the next proof, or the current one covers it.
  bool roundWaits, roundIsProven;
};

void proofInit(struct proof *proof);

// Connects to rsyslogd in the current epoch, which it begins if there is none. -1 without a relay.
int proofDial(struct gate *gate, const char *path);

// Takes a connection whose socket to the relay reached EOF and is closed: sends T once a proof confirms it.
void proofAwait(struct connection *connection);

// Like proofAwait, for the round of BEGINs of this epoch.
void proofAwaitRound(struct gate *gate, unsigned epoch);

// Starts the proof for all waiting connections, unless one is running. Once per turn of the loop.
void proofStart(struct gate *gate);

#endif
