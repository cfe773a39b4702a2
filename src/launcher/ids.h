#pragma once
#include <stdbool.h>

/** Whether a text is a ULID in its only canonical spelling: Crockford's base 32, the first character at most 7. */
bool is_execution_id(const char *text);
/** Whether a text may name a run (`wire/run-id.ts`). */
bool is_run_id(const char *text);
