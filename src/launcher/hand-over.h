#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A short execution on its way to the gate (`src/gate/README.md`), in one connection of this process. */
struct hand_over {
  /** The connection; -1: there is none. */
  int fd;
  uint64_t since_us;
  /** The gate has said that BEGIN is in the relay's journal. */
  bool has_begun;
};

enum hand_over_state { HAND_OVER_WAITS, HAND_OVER_TAKEN, HAND_OVER_FAILED };

/** Sends everything and half-closes; waits for nothing. False if nobody listens, or if it does not fit into a socket. */
bool start_hand_over(struct hand_over *hand_over, const char *run_dir, const char *bytes, size_t count);
/** Reads the gate's answers so far. Taken: it has proven that everything is in the relay's journal. */
enum hand_over_state hear_gate(struct hand_over *hand_over);
void end_hand_over(struct hand_over *hand_over);
