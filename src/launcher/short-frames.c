#include "short-frames.h"
#include "utf8.h"
#include <stdlib.h>
#include <string.h>

enum {
  /**
   * Encoded text of one frame: with its head it stays below `WIRE_LIMITS.maxFrameBytes`, where the logger begins
   * another.
   */
  MAX_TEXT_BYTES = 6144,
  /** A frame before its text: a host's name may have 64 octets. */
  MAX_HEAD_BYTES = 512,
  /** Exit status in a wait status, wait(2). */
  CODE_SHIFT = 8,
  CODE_MASK = 0xff,
};

/** The frames written so far. */
struct frames {
  struct text *text;
  const struct fields *begin;
  uint64_t last_n;
  uint64_t lines[STREAMS];
  uint64_t printed[STREAMS];
  /** Output after the last newline. */
  char held[STREAMS][MAX_SHORT_BYTES];
  size_t held_bytes[STREAMS];
  uint64_t time_us;
  uint32_t status;
  uint64_t ended_us;
  bool has_ended;
};

static const char *const NAMES[] = {"stdout", "stderr"};

static bool is_octal(const char *bytes, const char *end) {
  if (end - bytes < 3) return false;
  for (int i = 0; i < 3; i++)
    if (bytes[i] < '0' || bytes[i] > '7') return false;
  return true;
}

/** Writes one line as `escape-line.ts` does. */
static void put_line(struct text *text, const char *from, const char *end) {
  for (const char *at = from; at < end && !text->is_refused;) {
    bool is_edge = at == from || at + 1 == end;
    bool is_printable = *at >= ' ' && *at <= '~';
    size_t octets = is_printable || *at == '\t' ? 1 : plain_character(at, end);
    if (octets == 0) text->is_refused = true;
    else if (*at == ' ' && is_edge) put(text, "\\x20");
    else if (*at == '\\') put(text, "\\\\");
    else if (*at == '\t') put(text, "\\t");
    else if (*at == '#' && is_octal(at + 1, end)) put(text, "\\x23");
    else put_bytes(text, at, octets);
    at += octets;
  }
}

/** Writes a frame's head up to its text; the length in octets comes before it. */
static void put_head(struct text *head, const struct frames *frames, const char *type, uint64_t time_us) {
  put(head, "<14>1 ");
  put_time(head, time_us);
  put(head, " ");
  put(head, next_field(frames->begin, "node", NULL));
  put(head, " mlrun ");
  put_number(head, strtoull(next_field(frames->begin, "pid", NULL), NULL, 10));
  put(head, " LINES [ml@32473 v=\"1\" t=\"");
  put(head, type);
  put(head, "\" x=\"");
  put(head, next_field(frames->begin, "x", NULL));
  put(head, "\" k=\"");
  put(head, next_field(frames->begin, "key", NULL));
  put(head, "\"");
}

static void put_attribute(struct text *head, const char *name, uint64_t value) {
  put(head, " ");
  put(head, name);
  put(head, "=\"");
  put_number(head, value);
  put(head, "\"");
}

/** Ends the head, and adds the frame. */
static void put_frame(struct frames *frames, struct text *head, uint64_t n, const struct text *content) {
  struct text *text = frames->text;
  put(head, "] ");
  put_number(head, n);
  put(head, " ");
  text->is_refused |= head->is_refused || content->is_refused;
  put_number(text, head->length + content->length);
  put(text, " ");
  put_bytes(text, head->bytes, head->length);
  put_bytes(text, content->bytes, content->length);
}

/** Writes a frame of these lines; the last one may lack its newline. */
static void put_lines(struct frames *frames, int stream, const char *from, const char *end) {
  char bytes[MAX_TEXT_BYTES];
  char head_bytes[MAX_HEAD_BYTES];
  struct text content = {.bytes = bytes, .room = sizeof bytes};
  struct text head = {.bytes = head_bytes, .room = sizeof head_bytes};
  bool is_fragment = end[-1] != '\n';
  uint64_t count = 0;
  for (const char *at = from; at < end; count++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *line_end = newline == NULL ? end : newline;
    if (count > 0) put(&content, "\\n");
    put_line(&content, at, line_end);
    at = line_end + 1;
  }
  put_head(&head, frames, "lines", frames->time_us);
  put(&head, " s=\"");
  put(&head, NAMES[stream]);
  put(&head, "\"");
  put_attribute(&head, "n", frames->last_n + 1);
  put_attribute(&head, "c", count);
  put_attribute(&head, "b", content.length);
  if (is_fragment) put(&head, " f=\"1\"");
  put_frame(frames, &head, frames->last_n + 1, &content);
  frames->last_n += count;
  frames->lines[stream] += count;
}

static void take_output(struct frames *frames, int stream, const char *bytes, size_t count) {
  char *held = frames->held[stream];
  size_t *held_bytes = &frames->held_bytes[stream];
  frames->printed[stream] += count;
  if (frames->printed[OUT] + frames->printed[ERR] > MAX_SHORT_BYTES) frames->text->is_refused = true;
  if (frames->text->is_refused) return;
  memcpy(held + *held_bytes, bytes, count);
  *held_bytes += count;
  const char *newline = memrchr(held, '\n', *held_bytes);
  if (newline == NULL) return;
  size_t whole = (size_t)(newline + 1 - held);
  put_lines(frames, stream, held, held + whole);
  *held_bytes -= whole;
  memmove(held, held + whole, *held_bytes);
}

static void put_counts(struct text *text, const char *name, const uint64_t counts[static STREAMS]) {
  put(text, ",\"");
  put(text, name);
  put(text, "\":{\"stdout\":");
  put_number(text, counts[OUT]);
  put(text, ",\"stderr\":");
  put_number(text, counts[ERR]);
  put(text, "}");
}

static void put_end(struct frames *frames, uint64_t now_us) {
  static const uint64_t none[STREAMS];
  char bytes[MAX_HEAD_BYTES];
  char head_bytes[MAX_HEAD_BYTES];
  struct text json = {.bytes = bytes, .room = sizeof bytes};
  struct text head = {.bytes = head_bytes, .room = sizeof head_bytes};
  put(&json, "{\"code\":");
  put_number(&json, frames->status >> CODE_SHIFT);
  put(&json, ",\"signal\":null,\"endedAt\":\"");
  put_time(&json, frames->ended_us);
  put(&json, "\"");
  put_counts(&json, "lines", frames->lines);
  put_counts(&json, "printed", frames->printed);
  put_counts(&json, "thinned", none);
  put_counts(&json, "dropped", none);
  put(&json, ",\"cutShort\":false}");
  put_head(&head, frames, "end", now_us);
  put_attribute(&head, "n", frames->last_n);
  put_frame(frames, &head, frames->last_n, &json);
}

static void take_status(struct frames *frames, const struct record *record) {
  if (record->length == sizeof frames->status) memcpy(&frames->status, record + 1, sizeof frames->status);
  bool has_code = (frames->status & ~((uint32_t)CODE_MASK << CODE_SHIFT)) == 0;
  frames->has_ended = has_code && record->length == sizeof frames->status;
  frames->ended_us = record->time_us;
}

static void take_over(struct frames *frames, const struct record *record, uint64_t now_us) {
  static const struct over whole;
  bool is_whole = record->length == sizeof whole && memcmp(record + 1, &whole, sizeof whole) == 0;
  if (!is_whole || !frames->has_ended) frames->text->is_refused = true;
  frames->time_us = now_us;
  for (int stream = 0; stream < STREAMS && !frames->text->is_refused; stream++) {
    const char *held = frames->held[stream];
    if (frames->held_bytes[stream] > 0) put_lines(frames, stream, held, held + frames->held_bytes[stream]);
  }
  put_end(frames, now_us);
}

void put_frames(struct text *text, const struct fields *begin, const struct ring *ring, uint64_t now_us) {
  static struct frames frames;
  frames = (struct frames){.text = text, .begin = begin};
  bool is_over = false;
  uint64_t at = 0;
  for (const struct record *record = next_record(ring, &at); record != NULL && !text->is_refused;) {
    const char *payload = (const char *)(record + 1);
    frames.time_us = record->time_us;
    if (record->type == RECORD_STDOUT) take_output(&frames, OUT, payload, record->length);
    if (record->type == RECORD_STDERR) take_output(&frames, ERR, payload, record->length);
    if (record->type == RECORD_EXIT) take_status(&frames, record);
    if (record->type == RECORD_OVER) take_over(&frames, record, now_us);
    is_over = record->type == RECORD_OVER;
    record = next_record(ring, &at);
  }
  text->is_refused |= !is_over;
}
