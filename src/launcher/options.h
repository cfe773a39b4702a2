#pragma once
#include <stdbool.h>
#include <stdint.h>

/** Limits of BEGIN, which TypeScript has in `WIRE_LIMITS` and `RUN_LIMITS`. */
enum {
  MAX_JOB_CHARACTERS = 128,
  MAX_RUN_CHARACTERS = 64,
  MAX_LABELS = 32,
  MAX_LABEL_KEY_CHARACTERS = 64,
  MAX_LABEL_VALUE_CHARACTERS = 256,
  /** All labels as JSON, in octets: they must leave room in BEGIN for the command line and its folder. */
  MAX_LABEL_BYTES = 3500,
  ID_CHARACTERS = 26,
  DEFAULT_LATE_SECONDS = 60,
  /** A week: anything that prints for longer is a service, and needs its own mlrun. */
  MAX_LATE_SECONDS = 604800,
  /** Longest URL of --notify, as long as servers commonly take. */
  MAX_URL_BYTES = 2000,
};

enum action { ACTION_RUN, ACTION_FLUSH, ACTION_DOCTOR, ACTION_HELP, ACTION_VERSION };

/** The parsed command line. All texts point into argv. */
struct options {
  enum action action;
  /** NULL: not given, so the environment or the default decides. */
  const char *job;
  const char *run;
  const char *id;
  const char *run_dir;
  bool quiet;
  bool raw;
  bool one_line_frames;
  /** Give the command a terminal of its own. */
  bool pty;
  /** One pipe for stdout and stderr. */
  bool merge;
  /** Leave PYTHONUNBUFFERED alone. */
  bool buffered;
  /** Show only the command's name, not its arguments. */
  bool hide_argv;
  /** Log output printed within this many seconds after the command's end. */
  int late_seconds;
  /** Time limit of the command, and from it to SIGKILL. 0: none. */
  uint64_t timeout_ms;
  uint64_t kill_after_ms;
  /** Log stdin, and pass it on, instead of a command. */
  bool reads_stdin;
  /** Where to report the end. NULL: nowhere. */
  const char *notify_url;
  /** Where to read an order (`order.h`). -1: the command line says what to run. */
  int order_fd;
  /** From an order: its environment, NULL at the end; and the file that says who asked for the command's end. */
  char **variables;
  const char *stop_file;
  /** KEY=VALUE, only the last of each key. */
  const char *labels[MAX_LABELS];
  int label_count;
  /** The command, NULL at its end. Empty for an action other than ACTION_RUN, and with --stdin. */
  char **command;
};

enum { MAX_MESSAGE_BYTES = 512 };

/**
 * Parses mlrun's command line. Bytes need not be UTF-8.
 *
 * @param error Receives the fault, in words for the user.
 * @return Whether the command line is valid.
 */
bool parse_options(char **words, struct options *options, char error[static MAX_MESSAGE_BYTES]);

/** UTF-16 units, as JavaScript counts them; each stray byte counts as one. */
unsigned long count_characters(const char *text);
