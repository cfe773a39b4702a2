#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
  SAID_BYTES = 500,
  /** Longest answer of a service. Escaped as JSON it fits an event to the collector (`maxMessageBytes` of `wire/fleet/limits.ts`). */
  ANSWER_BYTES = 65536,
};

/** A process that has been started, and everything that it starts. */
struct run {
  /** mlrun's path: its processes are spared until the last output is handed over. NULL: the process is not mlrun. */
  const char *mlrun;
  /** Folder of its records; -1: none. */
  int folder;
  int reserved;
  pid_t pid;
  int signals;
  int watch;
  /** mlrun's own messages: its command prints elsewhere. For a service: the beginning of its stderr. */
  int said_fd;
  char said[SAID_BYTES + 1];
  size_t said_bytes;
  /** A service's stdout; -1: not read here. */
  int answer_fd;
  char *answer;
  size_t answer_bytes;
  bool is_answer_cut;
  bool has_ended;
  int status;
  long long kill_after_ms;
  /** Deadline for SIGKILL to all remaining processes, then to mlrun's own. 0: none. */
  long long kill_at_ms;
  /** When its time limit ends, after which it is asked to end. 0: no limit. */
  long long late_at_ms;
  bool is_late;
};

/** A run with nothing open yet. */
static const struct run NO_RUN = {.folder = -1, .reserved = -1, .signals = -1, .watch = -1, .said_fd = -1, .answer_fd = -1};

/** Sets up the signals and, with a folder, the watch on records that `follow` needs. Call it before the process starts. */
bool watch(struct run *run, const char *folder);

/** Follows the process and all its descendants to their end. */
void follow(struct run *run);

/** Writes the exit record into its reserved room. */
void write_exit(const struct run *run);
