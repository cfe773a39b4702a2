#include "short-way.h"
#include "lived.h"
#include "short-begin.h"
#include "short-frames.h"
#include "site-file.h"
#include <unistd.h>

enum {
  /**
   * A command that runs for longer gets a logger. That is a third of the time in which one starts, so its first line is
   * not much later; and most small programs have ended by then.
   */
  SHORT_US = 25000,
  /** Time spent waiting for a processor does not count, but after this time in all the command gets a logger anyway. */
  LONGEST_SHORT_US = 1000000,
  /** Least time between two looks at the command. */
  LOOK_EVERY_US = 5000,
  /** Time for the gate's answers; then the logger begins anew, with its own deadlines. */
  GATE_US = 3000000,
  /** BEGIN, and output in a few frames. With very many small ones, each with its head, it is not enough: not short. */
  MAX_ALL_BYTES = 65536,
};
static const char SETTINGS[] = "/etc/marcologger/mlrun.toml";
/** BEGIN from the start on; frames follow at the end. */
static char all_bytes[MAX_ALL_BYTES];
static struct text all = {.bytes = all_bytes, .room = sizeof all_bytes};

static bool has_plain_site(const struct fields *begin) {
  const char *named = next_field(begin, "MLRUN_CONFIG", NULL);
  if (named != NULL && !is_out_of_reach(named)) return false;
  return has_no_settings(named == NULL ? SETTINGS : named);
}

/** Whether a file says who had the command stopped. */
static bool was_stopped(const struct fields *begin) {
  const char *stop_file = next_field(begin, "stop-file", NULL);
  return stop_file != NULL && access(stop_file, F_OK) == 0;
}

bool begin_short(struct logging *logging) {
  put_begin(&all, &logging->execution->begin);
  logging->waits_until_us = logging->since_us + SHORT_US;
  return !all.is_refused;
}

/** Microseconds of the command's life, or since its exit, after which only its pipes are waited for. */
static uint64_t waited_for_us(const struct logging *logging, uint64_t now) {
  if (logging->exit.type != 0) return now - logging->exit.time_us;
  return lived_us(logging->command, now - logging->since_us);
}

bool is_no_longer_short(struct logging *logging) {
  uint64_t now = now_us();
  if (logging->way == LOGS_SHORT) return now - logging->hand_over.since_us >= GATE_US;
  if (logging->way != LOGS_LATER) return false;
  if (logging->printed[OUT] + logging->printed[ERR] > MAX_SHORT_BYTES) return true;
  if (now < logging->waits_until_us) return false;
  uint64_t waited = waited_for_us(logging, now);
  if (waited >= SHORT_US || now - logging->since_us >= LONGEST_SHORT_US) return true;
  logging->waits_until_us = now + (SHORT_US - waited > LOOK_EVERY_US ? SHORT_US - waited : LOOK_EVERY_US);
  return false;
}

uint64_t short_patience_us(const struct logging *logging) {
  uint64_t until = UINT64_MAX;
  if (logging->way == LOGS_LATER) until = logging->waits_until_us;
  if (logging->way == LOGS_SHORT) until = logging->hand_over.since_us + GATE_US;
  uint64_t now = now_us();
  return until == UINT64_MAX ? until : until > now ? until - now : 0;
}

bool go_short(struct logging *logging) {
  const struct execution *execution = logging->execution;
  put_frames(&all, &execution->begin, &logging->ring, now_us());
  if (all.is_refused || was_stopped(&execution->begin)) return false;
  if (!has_plain_site(&execution->begin) || !is_spool_empty(&execution->places)) return false;
  return start_hand_over(&logging->hand_over, execution->run_dir, all.bytes, all.length);
}
