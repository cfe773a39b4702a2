#pragma once
#include "journal.h"
#include <stdbool.h>
#include <time.h>

long long clock_ms(clockid_t clock);

/** A claim of this process: with boot and start time no other one can be taken for it. */
bool describe_process(char text[RECORD_BYTES], const char *sequence);

/** A claim of a unit, by its invocation. */
bool describe_unit(char text[RECORD_BYTES], const char *sequence, const char *unit, const char *invocation);

/** An exit, by its wait status (wait(2)). `said`: printable ASCII without quotes. */
void describe_exit(char text[RECORD_BYTES], int status, const char *said);
