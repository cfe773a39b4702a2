// State shared by the parts of the gate: one of each in a process, owned by main().
#ifndef MLGATE_GATE_H
#define MLGATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "limits.h"
#include "link.h"
#include "passed.h"
#include "poller.h"
#include "proof.h"
#include "relay.h"
#include "rounds.h"
#include "subordinate.h"
#include "turns.h"
#include "users.h"

struct gate {
  struct poller poller;
  struct relay relay;
  struct users users;
  struct subordinates subordinates;
  struct proof proof;
  struct rounds rounds;
  struct turns turns;
  struct counters counters;
  struct passed passed;
  // Connections with half a BEGIN or half a frame, oldest first.
  struct link halfDone;
  // Steady time (CLOCK_MONOTONIC), as of this turn of the loop.
  uint64_t nowMs;
  size_t connectionsPerUser, allConnections;
  uint64_t restWithinMs;
  // The last write of the metrics file failed.
  bool isReportMissed;
  // Holds one read, after the remainder of the previous one, while a handler runs.
  char scratch[SCRATCH_BYTES];
};

#endif
