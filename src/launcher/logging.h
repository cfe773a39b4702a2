#pragma once
#include "fields.h"
#include "logger.h"
#include "raw-spool.h"
#include "ring.h"

/** What is known of an execution before its command runs. */
struct execution {
  struct fields begin;
  struct spool_places places;
  char x[32];
  char run_dir[PATH_MAX];
  /** Holds this program. */
  char folder[PATH_MAX];
  uint64_t late_us;
};

/**
 * Where the records of an execution go: to the logger; where it cannot take them, into a raw file; where there is none,
 * nowhere, which the user is told.
 */
struct logging {
  const struct execution *execution;
  /** For warnings. */
  int console;
  enum { LOGS_TO_LOGGER, LOGS_RAW, LOGS_NOTHING } way;
  struct ring ring;
  struct logger logger;
  struct raw_spool raw;
  /** Octets of each stream that were printed, and of them those that are kept nowhere. */
  uint64_t printed[STREAMS];
  uint64_t lost[STREAMS];
  /** Since when records have no room; 0: they have. */
  uint64_t full_since_us;
  /** The end, once it is known: it goes into a raw file again. */
  struct record exit;
  uint32_t exit_status;
  uint64_t over_since_us;
  bool is_cut;
  bool is_done;
  /** A raw file is there, and the logger was slow, not impossible to start. */
  bool has_kept;
};

void open_logging(struct logging *logging, const struct execution *execution, int console);
/** Room for one read, or NULL: not before the logger has taken more. */
struct record *reserve_output(struct logging *logging);
/** What was read into the reserved record. */
void commit_output(struct logging *logging, struct record *record, int stream, uint32_t bytes);
void log_pid(struct logging *logging, uint32_t pid);
void log_exit(struct logging *logging, uint32_t status);
void log_over(struct logging *logging, bool is_cut);
/** Sends what waits, looks after the logger, and gives up one that does not go on. */
void continue_logging(struct logging *logging);
/** The logger has sent something, or is gone. */
void hear_logger(struct logging *logging);
/** It has all that was printed so far, or never will have. */
bool is_handed_over(const struct logging *logging);
/** Everything is handed over: the logger is not needed any more. */
void close_logging(struct logging *logging);
/** Microseconds after which `continue_logging` should look again; UINT64_MAX: when something happens. */
uint64_t logging_patience_us(const struct logging *logging);
