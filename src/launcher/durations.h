#pragma once
#include <stdbool.h>
#include <stdint.h>

/** A hundred years: a longer duration is a mistake. */
#define MAX_DURATION_MS 3153600000000u

/**
 * A duration as people type it: `90`, `90s`, `1h30m`, `2 d`, `1.5h` (`src/text/time/duration.ts`). A number without a
 * unit is seconds.
 */
bool parse_duration(const char *text, uint64_t *ms);
