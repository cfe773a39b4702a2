// The gate's totals since its start, and its current load: for administrators.
#ifndef MLGATE_COUNTERS_H
#define MLGATE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

enum counter {
  // Connections accepted, and refused because of the user's share, all connections, or all users.
  COUNT_ACCEPTED,
  COUNT_REFUSED_USER,
  COUNT_REFUSED_ALL,
  COUNT_REFUSED_USERS,
  // Connections ended: not a BEGIN, invalid JSON in it, not a frame, another execution's frame, or half of one.
  COUNT_BAD_BEGIN,
  COUNT_BAD_JSON,
  COUNT_BAD_FRAME,
  COUNT_FOREIGN_FRAME,
  COUNT_HALF_DONE,
  // Clients that left without waiting for an answer.
  COUNT_LEFT,
  // Connections ended without an answer because the relay was missing, went, or did not prove that it took over.
  COUNT_LOST_RELAY,
  COUNT_UNPROVEN,
  // Answers sent: K and T.
  COUNT_BEGUN,
  COUNT_TAKEN_OVER,
  COUNT_ROUNDS,
  COUNT_PROOFS,
  // Octets of whole frames that the relay's socket took.
  COUNT_BYTES,
  // How often a user's BEGINs started to wait for its bucket; a read for its turn; a read because its user holds too
  // much.
  COUNT_THROTTLED,
  COUNT_WAITED_TURN,
  COUNT_WAITED_HELD,
  // Current: connections, users, octets held.
  GAUGE_CONNECTIONS,
  GAUGE_USERS,
  GAUGE_HELD_BYTES,
  COUNTERS,
};

struct counters {
  uint64_t values[COUNTERS];
};

// Room for countersText.
#define COUNTERS_TEXT_BYTES 4096

// Writes the counters in Prometheus's text format 0.0.4. Returns the length.
size_t countersText(const struct counters *counters, char text[static COUNTERS_TEXT_BYTES]);

#endif
