// Proof that the rsyslogd that closed a connection was alive when it did: then it closed it because it had taken over
// everything; else the kernel did, because it had ended.
//
// One idle connection P to rsyslogd's lines socket serves everybody. After their EOFs: the next one, P', is connected;
// on P goes the octet '1', an octet count that never ends and so no message, and a half-close. A clean EOF on P says
// that rsyslogd read it. A rsyslogd that has ended cannot: what it did not read makes the kernel answer with a reset, a
// connection that is gone already with EPIPE. Then all that wait are ended without their answer.
//
// An epoch is the time of one rsyslogd: each P' is connected while P still answers, and to the same process. Only
// connections of the same epoch are proven by it.
#ifndef MLGATE_PROOF_H
#define MLGATE_PROOF_H

#include <stdbool.h>
#include <sys/types.h>

#include "link.h"

struct gate;
struct connection;

struct proof {
  // P and P'; -1 when there is none.
  int current, next;
  pid_t process;
  unsigned epoch;
  // The octet is out.
  bool isUnderWay;
  // Connections in STAGE_UNPROVEN: for the proof to come, for the one under way.
  struct link waiting, proving;
  // The round's EOF came: the same for its BEGINs.
  bool roundWaits, roundIsProven;
};

void proofInit(struct proof *proof);

// A connection to rsyslogd in the current epoch, which begins with it where there is none; -1 when there is no relay.
int proofDial(struct gate *gate, const char *path);

// rsyslogd's EOF came on the connection to it, which is closed: T is said when that is proven.
void proofAwait(struct connection *connection);

// The same for the round of BEGINs of this epoch.
void proofAwaitRound(struct gate *gate, unsigned epoch);

// Starts the proof for all that wait, unless one is under way. Once a turn of the loop.
void proofStart(struct gate *gate);

#endif
