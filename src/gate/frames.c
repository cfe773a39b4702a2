#include "frames.h"

#include <stdbool.h>
#include <string.h>

#include "limits.h"

// The rest of a frame. Each function takes its part from the start, and returns whether it was there.
struct rest {
  const char *at, *end;
};

static bool take(struct rest *rest, const char *wanted, size_t length) {
  if ((size_t)(rest->end - rest->at) < length || memcmp(rest->at, wanted, length) != 0) return false;
  rest->at += length;
  return true;
}

#define TAKE(rest, literal) take(rest, literal, sizeof(literal) - 1)

// One or more octets and the following space.
static bool takeWord(struct rest *rest) {
  const char *space = memchr(rest->at, ' ', (size_t)(rest->end - rest->at));
  if (space == NULL || space == rest->at) return false;
  rest->at = space + 1;
  return true;
}

// <14>1 TIME NODE mlrun PID LINES [ml@32473 v="1" t="TYPE" x="X" k="K" and more.
static bool isFrameOf(const struct executionName *name, const char *frame, size_t length) {
  struct rest rest = {.at = frame, .end = frame + length};
  if (!TAKE(&rest, "<14>1 ") || !takeWord(&rest) || !takeWord(&rest)) return false;
  if (!TAKE(&rest, "mlrun ") || !takeWord(&rest)) return false;
  if (!TAKE(&rest, "LINES [ml@32473 v=\"1\" t=\"")) return false;
  if (!TAKE(&rest, "lines") && !TAKE(&rest, "beat") && !TAKE(&rest, "end")) return false;
  return take(&rest, name->text, sizeof name->text);
}

ssize_t scanFrames(const struct executionName *name, const char *bytes, size_t length) {
  size_t whole = 0;
  for (;;) {
    size_t at = whole, count = 0;
    for (; at < length && bytes[at] != ' '; at += 1) {
      char digit = bytes[at];
      if (digit < '0' || digit > '9' || at - whole == MAX_COUNT_DIGITS) return FRAMES_BAD_COUNT;
      count = count * 10 + (size_t)(digit - '0');
      if (count == 0) return FRAMES_BAD_COUNT;
    }
    if (count > MAX_FRAME_BYTES) return FRAMES_BAD_COUNT;
    if (at == length) return (ssize_t)whole;
    if (count == 0) return FRAMES_BAD_COUNT;
    at += 1;
    if (length - at < count) return (ssize_t)whole;
    if (!isFrameOf(name, bytes + at, count)) return FRAMES_FOREIGN;
    whole = at + count;
  }
}
