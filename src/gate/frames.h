// Scanner of octet-counted frames (RFC 6587, section 3.4.1). Pure.
#ifndef MLGATE_FRAMES_H
#define MLGATE_FRAMES_H

#include <stddef.h>
#include <sys/types.h>

#include "begin.h"

enum {
  // No octet count, or one that no frame of mlrun has.
  FRAMES_BAD_COUNT = -1,
  // A frame that is not of mlrun's form, or of another execution.
  FRAMES_FOREIGN = -2,
};

// How many octets at the start are whole frames of this execution; what follows is less than one frame. Or one of the
// values above: the first frame that may not pass ends the connection, so where it stands does not matter.
ssize_t scanFrames(const struct executionName *name, const char *bytes, size_t length);

#endif
