#pragma once
#include <stdint.h>
#include <time.h>

/**
 * Records from the pump: to the logger over a socket, and into raw spool files. A record is this head, `length` octets,
 * and zeros up to a multiple of `RECORD_ALIGNMENT`, so that a head never wraps around in the ring. Numbers are in the
 * machine's own byte order: writer and reader are on one machine. `src/run/output/records.ts` reads them.
 */
struct record {
  uint32_t length;
  uint8_t type;
  uint8_t unused[3];
  /** Microseconds since 1970, never stepping back within an execution. */
  uint64_t time_us;
};

enum { RECORD_ALIGNMENT = sizeof(struct record) };

enum record_type {
  /** Described in `fields.h`; always first. */
  RECORD_BEGIN = 'B',
  /** In a raw file: where an earlier logger stopped, `struct stopped`. */
  RECORD_STOPPED = 'S',
  /** The command's pid, uint32_t. */
  RECORD_PID = 'P',
  RECORD_STDOUT = '1',
  RECORD_STDERR = '2',
  /** The command has ended: its wait status (wait(2)), uint32_t. */
  RECORD_EXIT = 'X',
  /** No more output comes: `struct over`. */
  RECORD_OVER = 'Z',
  /** From the logger: it runs; a warning for the user; everything is handed over; it cannot start (errno, uint32_t). */
  RECORD_READY = 'R',
  RECORD_WARNING = 'W',
  RECORD_DONE = 'D',
  RECORD_FAILED = 'F',
};

/** Index of each stream. */
enum { OUT, ERR, STREAMS };

/** Progress, which the logger writes into its pipe before its frames can leave. */
struct progress {
  /** Octets of records taken from the socket. */
  uint64_t received;
  /** For each stream: numbered lines, octets printed that need no second frame, and those of them that were thinned. */
  uint64_t lines[STREAMS];
  uint64_t framed[STREAMS];
  uint64_t thinned[STREAMS];
};

/** Where an earlier logger stopped: a raw file's records continue from there. */
struct stopped {
  uint64_t lines[STREAMS];
  uint64_t framed[STREAMS];
  uint64_t thinned[STREAMS];
  /** Octets after that point which are lost. */
  uint64_t lost[STREAMS];
};

struct over {
  /** 1 if a process still held a pipe. */
  uint64_t is_cut;
  /** Octets that did not fit into the raw file. */
  uint64_t lost[STREAMS];
};

/** Octets that a record with this payload takes. */
static inline uint64_t record_bytes(uint32_t length) {
  return sizeof(struct record) + ((uint64_t)length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
}

/** The current time, for records and for waiting: the wall clock at the first call, plus the monotonic clock. */
uint64_t now_us(void);
