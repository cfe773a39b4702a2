#include "raw-log.h"
#include "console.h"

enum { MEGABYTE = 1048576 };

struct over over_of(const struct logging *logging) {
  return (struct over){logging->is_cut, {logging->lost[OUT], logging->lost[ERR]}};
}

/** Writes a record that is not in the ring. */
static bool write_record(struct logging *logging, struct record head, const void *payload, bool is_last) {
  static const char zeros[RECORD_ALIGNMENT];
  size_t padding = (size_t)(record_bytes(head.length) - sizeof head - head.length);
  return write_raw(&logging->raw, &head, sizeof head, is_last) &&
         write_raw(&logging->raw, payload, head.length, is_last) && write_raw(&logging->raw, zeros, padding, is_last);
}

void finish_raw(struct logging *logging) {
  struct over over = over_of(logging);
  if (logging->way == LOGS_RAW) {
    write_record(logging, (struct record){sizeof over, RECORD_OVER, {0}, now_us()}, &over, true);
    close_raw_spool(&logging->raw);
    logging->has_kept = logging->logger.is_ready;
  }
  if (logging->lost[OUT] + logging->lost[ERR] > 0)
    warn(logging->console, "%llu bytes of output are not logged: the spool is full (%d MiB an execution) or cannot be written",
         (unsigned long long)(logging->lost[OUT] + logging->lost[ERR]), MAX_RAW_BYTES / MEGABYTE);
  logging->is_done = true;
}

void keep_raw(struct logging *logging, const struct record *record, uint64_t skip) {
  bool is_output = record->type == RECORD_STDOUT || record->type == RECORD_STDERR;
  if (!is_output && record->type != RECORD_EXIT) return;
  struct record head = *record;
  head.length -= (uint32_t)skip;
  bool is_kept = write_record(logging, head, (const char *)(record + 1) + skip, !is_output);
  if (!is_kept && is_output) logging->lost[record->type == RECORD_STDOUT ? OUT : ERR] += head.length;
}

/** Writes BEGIN, the point where the logger stopped, and output in the ring that is not in frames yet. */
static void keep_rest(struct logging *logging, const struct progress *progress) {
  uint64_t at[STREAMS] = {logging->printed[OUT], logging->printed[ERR]};
  uint64_t position = 0;
  for (const struct record *record = next_record(&logging->ring, &position); record != NULL;) {
    if (record->type == RECORD_STDOUT) at[OUT] -= record->length;
    if (record->type == RECORD_STDERR) at[ERR] -= record->length;
    record = next_record(&logging->ring, &position);
  }
  const struct fields *begin = &logging->execution->begin;
  write_record(logging, (struct record){(uint32_t)begin->length, RECORD_BEGIN, {0}, now_us()}, begin->bytes, false);
  struct stopped stopped = {0};
  for (int stream = 0; stream < STREAMS; stream++) {
    stopped.lines[stream] = progress->lines[stream];
    stopped.thinned[stream] = progress->thinned[stream];
    stopped.framed[stream] = progress->framed[stream];
    stopped.lost[stream] = at[stream] > progress->framed[stream] ? at[stream] - progress->framed[stream] : 0;
  }
  write_record(logging, (struct record){sizeof stopped, RECORD_STOPPED, {0}, now_us()}, &stopped, true);
  position = 0;
  for (const struct record *record = next_record(&logging->ring, &position); record != NULL;) {
    uint64_t skip = 0;
    if (record->type == RECORD_STDOUT || record->type == RECORD_STDERR) {
      int stream = record->type == RECORD_STDOUT ? OUT : ERR;
      if (progress->framed[stream] > at[stream]) skip = progress->framed[stream] - at[stream];
      if (skip > record->length) skip = record->length;
      at[stream] += record->length;
    }
    if (record->type != RECORD_EXIT && (skip == 0 || skip < record->length)) keep_raw(logging, record, skip);
    record = next_record(&logging->ring, &position);
  }
  if (logging->exit.type != 0) write_record(logging, logging->exit, &logging->exit_status, true);
}

void give_up_logger(struct logging *logging, const char *reason) {
  const struct execution *execution = logging->execution;
  bool is_open = logging->execution->begin.length > 0 && open_raw_spool(&logging->raw, &execution->places, execution->x);
  logging->way = is_open ? LOGS_RAW : LOGS_NOTHING;
  if (is_open) {
    keep_rest(logging, &logging->logger.progress);
    warn(logging->console,
         "the logger is away (%s): output is kept in %s; your next mlrun delivers it, or mlrun --flush", reason,
         logging->raw.folder);
  } else {
    warn(logging->console, "the logger is unavailable (%s) and there is no folder to spool to: output is shown, not logged",
         reason);
  }
  rewind_ring(&logging->ring);
  logging->full_since_us = 0;
  if (logging->over_since_us > 0) finish_raw(logging);
}
