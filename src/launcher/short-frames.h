#pragma once
#include "fields.h"
#include "ring.h"
#include "text.h"

/** Most output of an execution that may be short, in octets of both streams. */
enum { MAX_SHORT_BYTES = 8192 };

/**
 * Writes all frames of an execution that is over, with END, as the logger does (`src/frame/encode.ts`): one of each
 * record's whole lines, and one of what its last line has without a newline. Refuses everything that is not simple:
 * control characters other than tab and newline, what is not UTF-8 or must be escaped, more than one frame's text at
 * once, a command that a signal or its time limit ended, and an output that was cut.
 *
 * @param ring From its BEGIN to its OVER.
 * @param now_us Of END: microseconds since 1970.
 */
void put_frames(struct text *text, const struct fields *begin, const struct ring *ring, uint64_t now_us);
