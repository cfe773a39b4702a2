#include "logging.h"
#include "console.h"
#include "raw-log.h"
#include "short-way.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
  /** A stopped logger that takes nothing for this time is replaced by a raw file, as a relay is by the spool. */
  STOPPED_LOGGER_US = 2000000,
  /** A running logger has its own 5 s for the relay, and may have to start on a machine without a free processor. */
  SLOW_LOGGER_US = 9000000,
  /**
   * After the last record and without progress: the logger has its own deadlines, 5 s for each of the relay's answers, some
   * twice. While it goes on it is left alone, because what it holds in frames would be lost with it.
   */
  HAND_OVER_US = 30000000,
  /** How soon a stopped logger is noticed while mlrun waits for it. */
  LOOK_EVERY_US = 250000,
};

/** Whether no logger will need the records any more. */
static bool is_settled(const struct logging *logging) {
  return logging->way == LOGS_RAW || logging->way == LOGS_NOTHING;
}

static uint64_t received(const struct logging *logging) {
  return is_settled(logging) ? UINT64_MAX : logging->logger.progress.received;
}

static void end_and_give_up(struct logging *logging, bool is_gone) {
  char reason[REASON_BYTES];
  end_logger(&logging->logger, is_gone, reason);
  give_up_logger(logging, reason);
}

static void flush_raw(struct logging *logging) {
  const char *bytes;
  for (size_t count = unsent(&logging->ring, &bytes); count > 0; count = unsent(&logging->ring, &bytes)) {
    const struct record *record = (const struct record *)bytes;
    if (logging->way == LOGS_RAW) keep_raw(logging, record, 0);
    mark_sent(&logging->ring, (size_t)record_bytes(record->length));
  }
  rewind_ring(&logging->ring);
}

static void flush(struct logging *logging) {
  const char *bytes;
  while (logging->way == LOGS_TO_LOGGER) {
    size_t count = unsent(&logging->ring, &bytes);
    if (count == 0) return;
    ssize_t sent = send(logging->logger.fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) mark_sent(&logging->ring, (size_t)sent);
    // Errors show up when the logger's end of the socket is read.
    else if (sent < 0 && errno != EINTR) return;
  }
  if (is_settled(logging)) flush_raw(logging);
}

/**
 * Starts the logger, which gets all records from the first on: the execution is not short, or the gate did not take it.
 */
static void call_logger(struct logging *logging) {
  char reason[REASON_BYTES];
  end_hand_over(&logging->hand_over);
  if (logging->over_since_us > 0) logging->over_since_us = now_us();
  if (start_logger(&logging->logger, logging->execution->folder, reason)) {
    logging->way = LOGS_TO_LOGGER;
    flush(logging);
  } else {
    give_up_logger(logging, reason);
  }
}

static struct record *reserve(struct logging *logging, uint32_t length) {
  const struct progress *progress = &logging->logger.progress;
  read_progress(&logging->logger);
  bool is_safe = logging->way == LOGS_TO_LOGGER && progress->received == logging->ring.sent_octets &&
                 progress->framed[OUT] == logging->printed[OUT] && progress->framed[ERR] == logging->printed[ERR];
  if (is_safe && logging->ring.sent == logging->ring.head) rewind_ring(&logging->ring);
  struct record *record = reserve_record(&logging->ring, length, received(logging));
  if (record != NULL) logging->full_since_us = 0;
  else if (logging->full_since_us == 0) logging->full_since_us = now_us();
  return record;
}

/** Adds a small record. There is always room for one: output leaves some. */
static void add(struct logging *logging, enum record_type type, const void *payload, uint32_t length) {
  struct record *record = reserve(logging, length);
  if (record == NULL) return;
  *record = (struct record){length, (uint8_t)type, {0}, now_us()};
  memcpy(record + 1, payload, length);
  commit_record(&logging->ring, record);
  flush(logging);
}

/** Room for one read at a time, used when memory for the ring is missing. */
static _Alignas(struct record) char spare[2 * READ_BYTES];

void open_logging(struct logging *logging, const struct execution *execution, int console) {
  *logging = (struct logging){.execution = execution,
                              .console = console,
                              .since_us = now_us(),
                              .hand_over = {.fd = -1},
                              .logger = {.fd = -1, .progress_fd = -1},
                              .raw = {.fd = -1}};
  if (!open_ring(&logging->ring)) {
    warn(console, "the output is not logged: %s", strerror(errno));
    // Records that go nowhere leave at once, so each begins where the last did.
    logging->ring.bytes = spare;
    logging->way = LOGS_NOTHING;
    logging->is_done = true;
    return;
  }
  add(logging, RECORD_BEGIN, execution->begin.bytes, (uint32_t)execution->begin.length);
  if (!begin_short(logging)) call_logger(logging);
}

struct record *reserve_output(struct logging *logging) {
  // Half a read more, for small records.
  return reserve(logging, READ_BYTES + READ_BYTES / 2);
}

void commit_output(struct logging *logging, struct record *record, int stream, uint32_t bytes) {
  *record = (struct record){bytes, stream == OUT ? RECORD_STDOUT : RECORD_STDERR, {0}, now_us()};
  commit_record(&logging->ring, record);
  logging->printed[stream] += bytes;
  flush(logging);
}

void log_pid(struct logging *logging, uint32_t pid) {
  logging->command = (pid_t)pid;
  add(logging, RECORD_PID, &pid, sizeof pid);
}

void log_exit(struct logging *logging, uint32_t status) {
  logging->exit = (struct record){sizeof status, RECORD_EXIT, {0}, now_us()};
  logging->exit_status = status;
  add(logging, RECORD_EXIT, &status, sizeof status);
}

void log_over(struct logging *logging, bool is_cut) {
  logging->over_since_us = now_us();
  logging->is_cut = is_cut;
  struct over over = over_of(logging);
  if (is_settled(logging)) return finish_raw(logging);
  add(logging, RECORD_OVER, &over, sizeof over);
  if (logging->way != LOGS_LATER) return;
  if (go_short(logging)) logging->way = LOGS_SHORT;
  else call_logger(logging);
}

static void take_record(void *context, const struct record *record) {
  struct logging *logging = context;
  const char *text = (const char *)(record + 1);
  int error = 0;
  if (record->type == RECORD_READY) logging->logger.is_ready = true;
  if (record->type == RECORD_WARNING) warn(logging->console, "%.*s", (int)record->length, text);
  if (record->type == RECORD_DONE) logging->is_done = true;
  if (record->type != RECORD_FAILED || record->length < sizeof error) return;
  memcpy(&error, text, sizeof error);
  char how[REASON_BYTES];
  char reason[REASON_BYTES];
  end_logger(&logging->logger, true, how);
  snprintf(reason, sizeof reason, "Cannot start Node: %s", strerror(error));
  give_up_logger(logging, reason);
}

int logging_fd(const struct logging *logging) {
  if (logging->way == LOGS_SHORT) return logging->hand_over.fd;
  return logging->way == LOGS_TO_LOGGER ? logging->logger.fd : -1;
}

bool has_unsent(const struct logging *logging) {
  return logging->way == LOGS_TO_LOGGER && logging->ring.sent != logging->ring.head;
}

static void hear_short(struct logging *logging) {
  switch (hear_gate(&logging->hand_over)) {
    case HAND_OVER_WAITS:
      return;
    case HAND_OVER_FAILED:
      return call_logger(logging);
    case HAND_OVER_TAKEN:
      end_hand_over(&logging->hand_over);
      logging->is_done = true;
      logging->way = LOGS_NOTHING;
      flush(logging);
  }
}

void hear_logger(struct logging *logging) {
  if (logging->way == LOGS_SHORT) hear_short(logging);
  if (logging->way != LOGS_TO_LOGGER) return;
  bool is_there = read_logger(&logging->logger, take_record, logging);
  if (logging->way != LOGS_TO_LOGGER) return;
  if (!is_there && !logging->is_done) end_and_give_up(logging, true);
  if (!logging->is_done) return;
  logging->way = LOGS_NOTHING;
  flush(logging);
}

void close_logging(struct logging *logging) {
  char how[REASON_BYTES];
  if (logging->is_done && logging->logger.fd >= 0) end_logger(&logging->logger, true, how);
}

void continue_logging(struct logging *logging) {
  if (is_no_longer_short(logging)) call_logger(logging);
  flush(logging);
  if (logging->way != LOGS_TO_LOGGER) return;
  bool is_over = logging->over_since_us > 0;
  if (is_over) read_progress(&logging->logger);
  uint64_t now = now_us();
  uint64_t full_us = logging->full_since_us > 0 ? now - logging->full_since_us : 0;
  uint64_t went_on_us = logging->logger.progress_us;
  uint64_t over_us = is_over ? now - (went_on_us > logging->over_since_us ? went_on_us : logging->over_since_us) : 0;
  bool is_waited_for = full_us > STOPPED_LOGGER_US || over_us > STOPPED_LOGGER_US;
  // A running logger waits for the relay, with its own deadlines; one that has not started yet has nothing to wait for.
  bool is_stuck = (full_us > 0 || over_us > 0) && !logging->logger.is_ready && idle_us(&logging->logger) > STOPPED_LOGGER_US;
  bool is_halted = is_waited_for && (is_stuck || has_halted(&logging->logger));
  if (full_us > SLOW_LOGGER_US || over_us > HAND_OVER_US || is_halted) end_and_give_up(logging, false);
}

bool is_handed_over(const struct logging *logging) {
  return logging->is_done || is_settled(logging) ||
         (logging->ring.sent == logging->ring.head && received(logging) == logging->ring.sent_octets);
}

uint64_t logging_patience_us(const struct logging *logging) {
  if (logging->way != LOGS_TO_LOGGER) return short_patience_us(logging);
  return logging->over_since_us > 0 || logging->full_since_us > 0 ? LOOK_EVERY_US : UINT64_MAX;
}
