#pragma once
#include "fields.h"
#include "hand-over.h"
#include "logger.h"
#include "raw-spool.h"
#include "ring.h"

/** Facts about an execution, known before its command runs. */
struct execution {
  struct fields begin;
  struct spool_places places;
  char x[32];
  char run_dir[PATH_MAX];
  /** Folder of this program. */
  char folder[PATH_MAX];
  uint64_t late_us;
  /** A notification of its end will wait in the spool. */
  bool notifies;
};

/**
 * Where the records of an execution go. At first they wait: a command that soon ends is handed over by this process, which
 * is done before a logger would have started. Else they go to the logger; if it cannot take them, into a raw file; without
 * that, nowhere, with a warning to the user.
 */
struct logging {
  const struct execution *execution;
  /** For warnings. */
  int console;
  enum { LOGS_LATER, LOGS_SHORT, LOGS_TO_LOGGER, LOGS_RAW, LOGS_NOTHING } way;
  struct ring ring;
  /** Since when records wait in the ring, and until when at least. */
  uint64_t since_us;
  uint64_t waits_until_us;
  pid_t command;
  struct hand_over hand_over;
  struct logger logger;
  struct raw_spool raw;
  /** Octets printed on each stream, and those of them that are lost. */
  uint64_t printed[STREAMS];
  uint64_t lost[STREAMS];
  /** Since when records have no room; 0: they have room. */
  uint64_t full_since_us;
  /** The end, once known: a raw file needs it as well. */
  struct record exit;
  uint32_t exit_status;
  uint64_t over_since_us;
  bool is_cut;
  bool is_done;
  /** A raw file exists because the logger was slow, not because it could not start. */
  bool has_kept;
};

void open_logging(struct logging *logging, const struct execution *execution, int console);
/** Room for one read, or NULL until the logger has taken more. */
struct record *reserve_output(struct logging *logging);
/** Adds the bytes read into the reserved record. */
void commit_output(struct logging *logging, struct record *record, int stream, uint32_t bytes);
void log_pid(struct logging *logging, uint32_t pid);
void log_exit(struct logging *logging, uint32_t status);
void log_over(struct logging *logging, bool is_cut);
/** Sends waiting records, checks the logger, and gives up one that is stuck. */
void continue_logging(struct logging *logging);
/** What to poll: the logger or the gate. -1: nothing. */
int logging_fd(const struct logging *logging);
/** Whether records wait that the logger could not take yet. */
bool has_unsent(const struct logging *logging);
/** Reads what the logger has sent, or notices that it is gone. */
void hear_logger(struct logging *logging);
/** Whether the logger has everything printed so far, or never will. Its progress says so (`logger.progress_fd`). */
bool is_handed_over(const struct logging *logging);
/** Ends the logger after everything is handed over. */
void close_logging(struct logging *logging);
/** Microseconds until `continue_logging` should be called again; UINT64_MAX: at the next event. */
uint64_t logging_patience_us(const struct logging *logging);
