#pragma once
#include "record.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MAX_LOGGER_BYTES = 8192, REASON_BYTES = 256 };

/** The process in Node that makes frames of records and brings them to the relay. */
struct logger {
  pid_t pid;
  /** Records go out here, and its own come back. -1: it is gone. */
  int fd;
  /** Written by it, read here. */
  const struct progress *progress;
  bool is_ready;
  bool is_stopped;
  /** Processor time when it was looked at last, and since when that stands still. */
  unsigned long long ticks;
  uint64_t idle_since_us;
  char in[MAX_LOGGER_BYTES];
  size_t in_bytes;
};

/** Starts it from the folder that holds this program. False, with the reason, where that is impossible. */
bool start_logger(struct logger *logger, const char *folder, char reason[static REASON_BYTES]);
/**
 * Reads what it sends.
 *
 * @param take Gets each record.
 * @return Whether it still has the socket.
 */
bool read_logger(struct logger *logger, void (*take)(void *context, const struct record *record), void *context);
/** It is stopped (SIGSTOP), or has ended. */
bool has_halted(struct logger *logger);
/** Microseconds for which it has neither run nor waited for a processor. To be asked again and again. */
uint64_t idle_us(struct logger *logger);
/** Ends it, and says why. @param is_gone It has ended by itself, or is about to. */
void end_logger(struct logger *logger, bool is_gone, char why[static REASON_BYTES]);

/**
 * Becomes Node with mlrun's script. Returns only with errno when that is impossible.
 *
 * @param folder Holds this program, its configuration and the script.
 * @param arguments NULL at the end.
 */
void exec_node(const char *folder, const char *const *arguments);
