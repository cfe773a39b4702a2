// Parser of what comes first on a connection: "B <x> <k> <length>\n" and so many octets of JSON. Pure.
#ifndef MLGATE_BEGIN_H
#define MLGATE_BEGIN_H

#include <stddef.h>

#define X_BYTES 26
#define K_BYTES 22
// " x="X" k="K" with the quotation mark that ends the member before: as it stands in each frame of the execution.
#define NAME_BYTES (5 + X_BYTES + 5 + K_BYTES + 1)

// What the frames of an execution carry.
struct executionName {
  char text[NAME_BYTES];
};

enum beginVerdict {
  BEGIN_WHOLE,
  // A good start; the rest must come.
  BEGIN_MORE,
  // No head of this form, or a length that is no BEGIN's.
  BEGIN_BAD_HEAD,
  // Control characters, no JSON, or not exactly one x and one k that are those of the head.
  BEGIN_BAD_JSON,
};

struct begin {
  struct executionName name;
  // Octets before the JSON, and of it. Frames follow.
  size_t headBytes, jsonBytes;
};

// Parses the first `length` octets of a connection. `begin` is set when the verdict is BEGIN_WHOLE.
enum beginVerdict parseBegin(const char *bytes, size_t length, struct begin *begin);

#endif
