#include "ring.h"
#include <sys/mman.h>

bool open_ring(struct ring *ring) {
  *ring = (struct ring){0};
  void *bytes = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ring->bytes = bytes == MAP_FAILED ? NULL : bytes;
  return ring->bytes != NULL;
}

static struct record *record_at(const struct ring *ring, uint64_t position) {
  return (struct record *)(ring->bytes + position % RING_BYTES);
}

static uint64_t next_lap(uint64_t position) {
  return (position + RING_BYTES - 1) / RING_BYTES * RING_BYTES;
}

/** Drops the oldest record that is in safe hands. */
static bool forget_one(struct ring *ring, uint64_t received) {
  if (ring->tail == ring->lap_end && ring->tail < ring->head) ring->tail = next_lap(ring->tail);
  if (ring->tail >= ring->sent) return false;
  uint64_t bytes = record_bytes(record_at(ring, ring->tail)->length);
  if (ring->tail_octets + bytes > received) return false;
  ring->tail += bytes;
  ring->tail_octets += bytes;
  return true;
}

struct record *reserve_record(struct ring *ring, uint32_t length, uint64_t received) {
  uint64_t bytes = record_bytes(length);
  uint64_t left = RING_BYTES - ring->head % RING_BYTES;
  uint64_t start = bytes <= left ? ring->head : next_lap(ring->head);
  while (start + bytes - ring->tail > RING_BYTES)
    if (!forget_one(ring, received)) return NULL;
  if (start != ring->head) {
    ring->lap_end = ring->head;
    if (ring->sent == ring->head) ring->sent = start;
    if (ring->tail == ring->head) ring->tail = start;
    ring->head = start;
  }
  return record_at(ring, ring->head);
}

void commit_record(struct ring *ring, const struct record *record) {
  ring->head += record_bytes(record->length);
}

size_t unsent(struct ring *ring, const char **bytes) {
  if (ring->sent == ring->lap_end && ring->sent < ring->head) ring->sent = next_lap(ring->sent);
  bool is_lap_before = ring->sent < ring->lap_end && ring->lap_end < ring->head;
  *bytes = ring->bytes + ring->sent % RING_BYTES;
  return (size_t)((is_lap_before ? ring->lap_end : ring->head) - ring->sent);
}

void mark_sent(struct ring *ring, size_t bytes) {
  ring->sent += bytes;
  ring->sent_octets += bytes;
}

const struct record *next_record(const struct ring *ring, uint64_t *at) {
  if (*at == 0) *at = ring->tail;
  if (*at == ring->lap_end && *at < ring->head) *at = next_lap(*at);
  if (*at >= ring->head) return NULL;
  const struct record *record = record_at(ring, *at);
  *at += record_bytes(record->length);
  return record;
}

void rewind_ring(struct ring *ring) {
  if (ring->head % RING_BYTES == 0) return;
  ring->lap_end = ring->head;
  ring->head = next_lap(ring->head);
  ring->sent = ring->head;
  ring->tail = ring->head;
  ring->tail_octets = ring->sent_octets;
}
