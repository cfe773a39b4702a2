// Parser for the start of a connection: "B <x> <k> <length>", a line feed, and that many octets of JSON. Pure.
#ifndef MLGATE_BEGIN_H
#define MLGATE_BEGIN_H

#include <stddef.h>

#define X_BYTES 26
#define K_BYTES 22
// The text `" x="X" k="K"`, from the quotation mark that ends the previous member, as in each frame of the execution.
#define NAME_BYTES (5 + X_BYTES + 5 + K_BYTES + 1)

// The part that all frames of an execution share.
struct executionName {
  char text[NAME_BYTES];
};

enum beginVerdict {
  BEGIN_WHOLE,
  // Valid so far; the rest must follow.
  BEGIN_MORE,
  // Not a head of this form, or a length outside the limits.
  BEGIN_BAD_HEAD,
  // Control characters, invalid JSON, or not exactly one x and one k, equal to the head's.
  BEGIN_BAD_JSON,
};

struct begin {
  struct executionName name;
  // Octets before the JSON, and octets of JSON. Frames follow.
  size_t headBytes, jsonBytes;
};

// Parses the first `length` octets of a connection. Sets `begin` if the verdict is BEGIN_WHOLE.
enum beginVerdict parseBegin(const char *bytes, size_t length, struct begin *begin);

#endif
