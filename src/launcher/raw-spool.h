#pragma once
#include "record.h"
#include "spool-folder.h"
#include <limits.h>
#include <stdbool.h>

enum {
  /** Raw output of one execution, and a user's whole spool: beyond either, nothing is added (`RUN_LIMITS`). */
  MAX_RAW_BYTES = 67108864,
  MAX_FOLDER_BYTES = 268435456,
  /** Room beyond that for the record of the end. */
  RAW_RESERVE_BYTES = 4096,
};

/**
 * Records of one execution that no logger took, for the next mlrun that can run one:
 *
 *     X.WRITER.raw                  waits
 *     X.WRITER.OWNER.raw-busy       is being written, or sent, by that process (`process-name.ts`)
 */
struct raw_spool {
  int fd;
  uint64_t bytes;
  uint64_t most_bytes;
  char folder[PATH_MAX];
  char busy[PATH_MAX];
  char waiting[PATH_MAX];
};

/** @return Whether there is a file to write to. */
bool open_raw_spool(struct raw_spool *spool, const struct spool_places *places, const char *x);
/** Writes everything or nothing. @param is_last It may use the reserve. */
bool write_raw(struct raw_spool *spool, const void *bytes, size_t count, bool is_last);
/** Releases the file for delivery. */
void close_raw_spool(struct raw_spool *spool);
