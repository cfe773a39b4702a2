#pragma once
#include <stdbool.h>

/** What `WIRE_LIMITS` and `RUN_LIMITS` name in TypeScript: what BEGIN may hold. */
enum {
  MAX_JOB_CHARACTERS = 128,
  MAX_LABELS = 32,
  MAX_LABEL_KEY_CHARACTERS = 64,
  MAX_LABEL_VALUE_CHARACTERS = 256,
  /** All labels as JSON, in octets: the command line and its folder need room beside them in BEGIN. */
  MAX_LABEL_BYTES = 3500,
  ID_CHARACTERS = 26,
  DEFAULT_LATE_SECONDS = 60,
  /** A week: what prints for longer is a service, and has a command line of its own. */
  MAX_LATE_SECONDS = 604800,
};

enum action { ACTION_RUN, ACTION_FLUSH, ACTION_HELP, ACTION_VERSION };

/** What the command line asks for. All texts point into argv. */
struct options {
  enum action action;
  /** NULL: not given, so the environment or the default decides. */
  const char *job;
  const char *id;
  const char *run_dir;
  bool quiet;
  bool raw;
  bool one_line_frames;
  /** The command gets a terminal of its own. */
  bool pty;
  /** One pipe for stdout and stderr. */
  bool merge;
  /** PYTHONUNBUFFERED is left alone. */
  bool buffered;
  /** Of the command line only the command's name is shown. */
  bool hide_argv;
  /** What is printed after the command's end is logged for so many seconds. */
  int late_seconds;
  /** KEY=VALUE, the last of each key. */
  const char *labels[MAX_LABELS];
  int label_count;
  /** The command, NULL at its end. Empty for an action other than ACTION_RUN. */
  char **command;
};

enum { MAX_MESSAGE_BYTES = 512 };

/**
 * Parses mlrun's command line. Bytes need not be UTF-8.
 *
 * @param error Receives what is wrong, in words for the user.
 * @return Whether the command line is understood.
 */
bool parse_options(char **words, struct options *options, char error[static MAX_MESSAGE_BYTES]);

/** UTF-16 units, as JavaScript counts them; each stray byte counts as one. */
unsigned long count_characters(const char *text);
