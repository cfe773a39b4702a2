#pragma once
#include "options.h"
#include "tree.h"
#include <stdbool.h>

/** The time limit of the command (`--timeout`, `--kill-after`), as timeout(1) keeps one. */
struct deadline {
  /** 0: none. */
  uint64_t at_us;
  uint64_t kill_after_us;
  bool has_passed;
  bool has_killed;
  struct tree tree;
};

void set_deadline(struct deadline *deadline, const struct options *options);
/** Sends SIGTERM or SIGKILL to the command and its children if it is time. */
void keep_deadline(struct deadline *deadline, pid_t command);
/** Milliseconds until `keep_deadline` has work; -1: it never will. */
int deadline_patience_ms(const struct deadline *deadline);
/** timeout(1)'s exit status for a command that reached its limit and ended with this wait status. */
int deadline_code(const struct deadline *deadline, int status);
