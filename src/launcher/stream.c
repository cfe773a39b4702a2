#include "stream.h"
#include "console.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
  /** A pipe holds 64 KiB at first (pipe(7)): with this much in it, the command may have had to wait. */
  NEARLY_FULL_BYTES = 49152,
  /** Pipe size for a command that prints a lot, if allowed (pipe-max-size, pipe(7)). */
  GROWN_BYTES = 1048576,
  /** Reads this close together belong to one burst of output. */
  BURST_GAP_US = 1500,
  PAUSE_US = 1000,
  /** Reads without a pause after a nearly full one: the command writes too fast for pauses. */
  READS_WITHOUT_PAUSE = 4,
};

/**
 * Many small writes in a row (an interpreter's 8 KiB) would each wake the pump, and cost the command more than its
 * output. So the reads of a burst are a millisecond apart, unless that would make the command wait. A single read is
 * never delayed.
 */
static void pace(struct stream *stream, size_t bytes, uint64_t now) {
  uint64_t gap = now - stream->last_read_us;
  stream->last_read_us = now;
  if (bytes >= NEARLY_FULL_BYTES) {
    stream->free_reads = READS_WITHOUT_PAUSE;
    // Only once: beyond a total (pipe-user-pages-soft), a user's new pipes become small.
    if (!stream->is_grown) fcntl(stream->fd, F_SETPIPE_SZ, GROWN_BYTES);
    stream->is_grown = true;
  } else if (stream->free_reads > 0) {
    stream->free_reads -= 1;
  } else if (gap < BURST_GAP_US) {
    stream->pause_until_us = now + PAUSE_US;
  }
}

void stop_showing(struct stream *stream) {
  close_mirror(&stream->mirror);
}

void break_stream(struct stream *stream) {
  stream->is_broken = true;
  stop_showing(stream);
  if (stream->fd >= 0) close(stream->fd);
  stream->fd = -1;
}

void show_available(struct stream *stream, struct logging *logging) {
  const uint64_t *printed = &logging->printed[stream->index];
  uint64_t start = *printed;
  uint64_t before;
  do {
    before = *printed;
    stream->is_readable = true;
    stream->pause_until_us = 0;
    continue_stream(stream, logging, false);
  } while (*printed != before && *printed - start < GROWN_BYTES);
}

static void show(struct stream *stream, struct logging *logging) {
  switch (continue_mirror(&stream->mirror)) {
    case MIRROR_BROKEN:
      break_stream(stream);
      break;
    case MIRROR_FAILED:
      stream->failure = errno;
      stop_showing(stream);
      warn(logging->console, "Cannot show %s: %s; it is still logged", stream->index == OUT ? "stdout" : "stderr",
           strerrorname_np(stream->failure));
      break;
    case MIRROR_WAITS:
    case MIRROR_IDLE:
      break;
  }
}

/** Closes the stream after its last writer: readers of the shown output must see its end as well. */
static void end_stream(struct stream *stream) {
  close(stream->fd);
  stream->fd = -1;
  stream->is_drained = true;
  if (stream->mirror.left == 0) stop_showing(stream);
}

bool may_read(const struct stream *stream, uint64_t at_us) {
  return stream->fd >= 0 && stream->mirror.left == 0 && stream->pause_until_us <= at_us;
}

void continue_stream(struct stream *stream, struct logging *logging, bool has_ended) {
  if (stream->mirror.left > 0) show(stream, logging);
  if (stream->fd < 0 && stream->mirror.left == 0) stop_showing(stream);
  bool looks = stream->is_readable || (has_ended && !stream->is_drained);
  uint64_t now = looks ? now_us() : 0;
  if (!looks || !may_read(stream, now)) return;
  struct record *record = reserve_output(logging);
  if (record == NULL) return;
  ssize_t got = read(stream->fd, record + 1, READ_BYTES);
  if (got < 0 && errno == EINTR) return;
  if (got < 0 && errno == EAGAIN) {
    stream->is_drained = has_ended;
    return;
  }
  // A terminal whose last user has gone returns EIO (pty(7)).
  if (got <= 0) {
    end_stream(stream);
    return;
  }
  stream->mirror.bytes = (const char *)(record + 1);
  stream->mirror.left = stream->mirror.fd < 0 ? 0 : (size_t)got;
  commit_output(logging, record, stream->index, (uint32_t)got);
  show(stream, logging);
  if (stream->mirror.left > 0)
    stream->mirror.bytes = memcpy(stream->waiting, stream->mirror.bytes, stream->mirror.left);
  pace(stream, (size_t)got, now);
  // A process that keeps writing is not the ended command.
  if (has_ended) stream->since_end_bytes += (uint64_t)got;
  if (stream->since_end_bytes > GROWN_BYTES) stream->is_drained = true;
}
