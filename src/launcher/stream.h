#pragma once
#include "logging.h"
#include "mirror.h"
#include <stdbool.h>

/** One output of the command: pipe -> record, and the mirror. */
struct stream {
  /** OUT or ERR. */
  int index;
  /** Read end. -1: nobody holds the other end any more, or nobody reads the shown output. */
  int fd;
  struct mirror mirror;
  /** Bytes waiting to be shown: the ring's memory may be reused first. */
  char waiting[READ_BYTES];
  /** Set by poll(2). */
  bool is_readable;
  /** The command has ended, and its output left in the pipe is read. */
  bool is_drained;
  uint64_t since_end_bytes;
  /** Paces reads that are close together. */
  uint64_t last_read_us;
  uint64_t pause_until_us;
  int free_reads;
  bool is_grown;
  bool is_broken;
  /** 0, or why the output cannot be shown. */
  int failure;
};

/** Reads once, if possible, and shows the output. @param has_ended The command has ended. */
void continue_stream(struct stream *stream, struct logging *logging, bool has_ended);
/** Reads and shows what is there, as far as it can without waiting. */
void show_available(struct stream *stream, struct logging *logging);
/** Whether it is time to read when data arrives. */
bool may_read(const struct stream *stream, uint64_t at_us);
/**
 * Closes the pipe because nobody reads the shown output: the command gets SIGPIPE at its next write, as without mlrun.
 */
void break_stream(struct stream *stream);
/** Shows no more. */
void stop_showing(struct stream *stream);
