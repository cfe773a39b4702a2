#pragma once
#include "record.h"
#include <stdbool.h>
#include <stddef.h>

enum {
  /** Records that the logger has not taken, or may not have put into frames. Only the used part is resident. */
  RING_BYTES = 4194304,
  /** One read of an output pipe: the capacity of a Linux pipe. */
  READ_BYTES = 65536,
};

/**
 * The newest records of an execution. Positions count octets since the start and never go back; a record is contiguous,
 * so the remainder at the end of a lap is skipped.
 */
struct ring {
  char *bytes;
  /** tail <= sent <= head */
  uint64_t tail, sent, head;
  /** The previous lap ends here; the next begins at a multiple of RING_BYTES. */
  uint64_t lap_end;
  /** Octets of records at tail and at sent, without skipped ones. */
  uint64_t tail_octets, sent_octets;
};

bool open_ring(struct ring *ring);
/**
 * Room for a record with `length` octets, with nothing added after it yet. NULL until the logger has taken more.
 *
 * @param received Octets of records in safe hands, which are dropped when room is needed.
 */
struct record *reserve_record(struct ring *ring, uint32_t length, uint64_t received);
/** Adds the record reserved last; its `length` may have become smaller. */
void commit_record(struct ring *ring, const struct record *record);
/** The bytes to send next, in one piece. */
size_t unsent(struct ring *ring, const char **bytes);
void mark_sent(struct ring *ring, size_t bytes);
/** The records from the tail on, one after another. NULL after the last. @param at 0 for the first. */
const struct record *next_record(const struct ring *ring, uint64_t *at);
/** Everything is in safe hands: the next record begins at the start of the memory, which the cache still holds. */
void rewind_ring(struct ring *ring);
