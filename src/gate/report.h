// The counters, where an administrator finds them.
#ifndef MLGATE_REPORT_H
#define MLGATE_REPORT_H

struct gate;

// Writes the metrics file anew, so that a reader never sees half of it. What is wrong is logged once.
void reportToFile(struct gate *gate, const char *path);

// Prints them to stderr.
void reportToLog(struct gate *gate);

#endif
