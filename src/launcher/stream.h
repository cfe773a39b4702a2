#pragma once
#include "logging.h"
#include "mirror.h"
#include <stdbool.h>

/** One output of the command: pipe -> record, and the mirror. */
struct stream {
  /** OUT or ERR. */
  int index;
  /** Read end. -1: nobody holds the other end any more, or nobody reads what is shown. */
  int fd;
  struct mirror mirror;
  /** What waits to be shown: the ring's memory is used again before that may end. */
  char waiting[READ_BYTES];
  /** poll(2) says so. */
  bool is_readable;
  /** The command has ended, and what it left in the pipe is read. */
  bool is_drained;
  uint64_t since_end_bytes;
  /** Reads that are close to each other are kept apart. */
  uint64_t last_read_us;
  uint64_t pause_until_us;
  int free_reads;
  bool is_grown;
  bool is_broken;
  /** 0, or why it cannot be shown. */
  int failure;
};

/** Reads once, where that is possible, and shows it. @param has_ended The command has ended. */
void continue_stream(struct stream *stream, struct logging *logging, bool has_ended);
/** It reads when something comes. */
bool may_read(const struct stream *stream, uint64_t at_us);
/** Nobody reads what is shown: the command gets SIGPIPE when it writes more, as without mlrun. */
void break_stream(struct stream *stream);
/** What is left is not shown. */
void stop_showing(struct stream *stream);
