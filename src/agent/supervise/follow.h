#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
  SAID_BYTES = 500,
  /** Of a service's answer. Escaped as JSON it fits an event to the collector (`maxMessageBytes` of `wire/fleet/limits.ts`). */
  ANSWER_BYTES = 65536,
};

/** A process that has been started, and everything that it starts. */
struct run {
  /** Its own processes are spared until the last output is handed over. NULL: the process is not mlrun. */
  const char *mlrun;
  /** Of its records; -1: it has none. */
  int folder;
  int reserved;
  pid_t pid;
  int signals;
  int watch;
  /** mlrun's own messages: its command prints elsewhere. Of a service: the first of what it prints on stderr. */
  int said_fd;
  char said[SAID_BYTES + 1];
  size_t said_bytes;
  /** What a service prints on stdout; -1: nobody reads it here. */
  int answer_fd;
  char *answer;
  size_t answer_bytes;
  bool is_answer_cut;
  bool has_ended;
  int status;
  long long kill_after_ms;
  /** When everything that is left gets SIGKILL, and mlrun's own processes after that. 0: nobody asked. */
  long long kill_at_ms;
  /** When it is asked to end because it takes too long. 0: never. */
  long long late_at_ms;
  bool is_late;
};

/** Nothing is open yet. */
static const struct run NO_RUN = {.folder = -1, .reserved = -1, .signals = -1, .watch = -1, .said_fd = -1, .answer_fd = -1};

/** Before the process starts: the signals and, with a folder, the records that `follow` waits for. */
bool watch(struct run *run, const char *folder);

/** Follows the process to its end, and everything that it started to theirs. */
void follow(struct run *run);

/** Makes the record of how it ended, in the room that was taken for it. */
void write_exit(const struct run *run);
