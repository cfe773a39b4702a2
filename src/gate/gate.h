// What the parts of the gate share: one of each in a process, owned by main().
#ifndef MLGATE_GATE_H
#define MLGATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "limits.h"
#include "link.h"
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
  // Connections with half a BEGIN or half a frame, the oldest first.
  struct link halfDone;
  // Steady (CLOCK_MONOTONIC), as of this turn of the loop.
  uint64_t nowMs;
  size_t connectionsPerUser, allConnections;
  uint64_t restWithinMs;
  // The metrics file could not be written the last time.
  bool isReportMissed;
  // One read with what was left of the one before, while a handler runs.
  char scratch[SCRATCH_BYTES];
};

#endif
