#include "deadline.h"
#include "record.h"
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

enum { TIMED_OUT = 124, SIGNAL_BASE = 128, US_PER_MS = 1000 };

void set_deadline(struct deadline *deadline, const struct options *options) {
  *deadline = (struct deadline){.kill_after_us = options->kill_after_ms * US_PER_MS};
  if (options->timeout_ms > 0) deadline->at_us = now_us() + options->timeout_ms * US_PER_MS;
}

void keep_deadline(struct deadline *deadline, pid_t command) {
  if (deadline_patience_ms(deadline) != 0) return;
  deadline->has_killed = deadline->has_passed;
  deadline->has_passed = true;
  signal_tree(&deadline->tree, command, deadline->has_killed ? SIGKILL : SIGTERM);
  // A stopped process receives the signal only once it is continued.
  signal_tree(&deadline->tree, command, SIGCONT);
  bool is_last = deadline->has_killed || deadline->kill_after_us == 0;
  deadline->at_us = is_last ? 0 : now_us() + deadline->kill_after_us;
}

int deadline_patience_ms(const struct deadline *deadline) {
  if (deadline->at_us == 0) return -1;
  uint64_t now = now_us();
  if (now >= deadline->at_us) return 0;
  uint64_t left_ms = (deadline->at_us - now + US_PER_MS - 1) / US_PER_MS;
  return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

int deadline_code(const struct deadline *deadline, int status) {
  bool was_killed = deadline->has_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return was_killed ? SIGNAL_BASE + SIGKILL : TIMED_OUT;
}
