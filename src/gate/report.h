// The counters, where administrators find them.
#ifndef MLGATE_REPORT_H
#define MLGATE_REPORT_H

#include <stddef.h>

#include "limits.h"

struct gate;

// Rewrites the metrics file, so that a reader never sees half of it. A failure is logged once.
void reportToFile(struct gate *gate, const char *path);

// Prints the counters to stderr.
void reportToLog(struct gate *gate);

// Writes the figures that the collector shows in its metrics, as a message to the relay with the next round: "<134>1 -
// - gate - - - " and JSON. No user can forge the "gate", which is where a BEGIN has its uid. Returns the length.
size_t reportToRelay(struct gate *gate, char message[static MAX_REPORT_BYTES]);

#endif
