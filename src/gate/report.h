// The counters, where an administrator finds them.
#ifndef MLGATE_REPORT_H
#define MLGATE_REPORT_H

#include <stddef.h>

#include "limits.h"

struct gate;

// Writes the metrics file anew, so that a reader never sees half of it. What is wrong is logged once.
void reportToFile(struct gate *gate, const char *path);

// Prints them to stderr.
void reportToLog(struct gate *gate);

// Writes what the collector shows in its metrics, as the message that goes to the relay with the next round:
// "<134>1 - - gate - - - " and JSON. No user can be the "gate" there, where a BEGIN has its uid. Returns the length.
size_t reportToRelay(struct gate *gate, char message[static MAX_REPORT_BYTES]);

#endif
