#pragma once
#include "record.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MAX_LOGGER_BYTES = 8192, REASON_BYTES = 256 };

/** The Node process that turns records into frames and brings them to the relay. */
struct logger {
  pid_t pid;
  /** The socket for records, in both directions. -1: the logger is gone. */
  int fd;
  /** The newest progress read from the logger's pipe, when it was read, and the pipe. */
  struct progress progress;
  uint64_t progress_us;
  int progress_fd;
  bool is_ready;
  bool is_stopped;
  /** Processor time at the last check, and the time since which it has not changed. */
  unsigned long long ticks;
  uint64_t idle_since_us;
  char in[MAX_LOGGER_BYTES];
  size_t in_bytes;
};

/** Starts the logger from the folder of this program. False, with the reason, on failure. */
bool start_logger(struct logger *logger, const char *folder, char reason[static REASON_BYTES]);
/**
 * Reads its records.
 *
 * @param take Gets each record.
 * @return Whether its socket is still open.
 */
bool read_logger(struct logger *logger, void (*take)(void *context, const struct record *record), void *context);
/** Reads the logger's progress. Call it often: the logger waits while the pipe is full. */
void read_progress(struct logger *logger);
/** Whether the logger is stopped (SIGSTOP), or has ended. */
bool has_halted(struct logger *logger);
/** Microseconds for which the logger has neither run nor waited for a processor. Call it repeatedly. */
uint64_t idle_us(struct logger *logger);
/** Ends the logger, and reports why. @param is_gone It has ended by itself, or is about to. */
void end_logger(struct logger *logger, bool is_gone, char why[static REASON_BYTES]);

/**
 * Becomes Node with mlrun's script. Returns only on failure, with errno.
 *
 * @param folder Holds this program, its configuration and the script.
 * @param arguments NULL at the end.
 */
void exec_node(const char *folder, const char *const *arguments);
