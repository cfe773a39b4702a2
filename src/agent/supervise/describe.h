#pragma once
#include "journal.h"
#include <stdbool.h>
#include <time.h>

long long clock_ms(clockid_t clock);

/** A claim of this process, which boot id and start time make unique. */
bool describe_process(char text[RECORD_BYTES], const char *sequence);

/** A claim of a unit's invocation. */
bool describe_unit(char text[RECORD_BYTES], const char *sequence, const char *unit, const char *invocation);

/** An exit record from a wait status (wait(2)). `said`: printable ASCII without quotes. */
void describe_exit(char text[RECORD_BYTES], int status, const char *said);
