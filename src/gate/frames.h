// Scanner of octet-counted frames (RFC 6587, section 3.4.1). Pure.
#ifndef MLGATE_FRAMES_H
#define MLGATE_FRAMES_H

#include <stddef.h>
#include <sys/types.h>

#include "begin.h"

enum {
  // No octet count, or one outside the limits of mlrun's frames.
  FRAMES_BAD_COUNT = -1,
  // A frame without mlrun's form, or of another execution.
  FRAMES_FOREIGN = -2,
};

// Number of octets at the start that are whole frames of this execution; less than one frame follows. Or one of the
// values above: any frame that may not pass ends the connection, so its position does not matter.
ssize_t scanFrames(const struct executionName *name, const char *bytes, size_t length);

#endif
