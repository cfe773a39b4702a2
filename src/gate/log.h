// The gate's own log: one line per event to stderr, with the severity as an sd-daemon(3) prefix.
#ifndef MLGATE_LOG_H
#define MLGATE_LOG_H

enum severity { LOG_SAYS_ERROR = 3, LOG_SAYS_WARNING = 4, LOG_SAYS_INFO = 6 };

// Logs only numbers and paths of the command line, no outside text. A line that cannot be written is dropped.
__attribute__((format(printf, 2, 3))) void logEvent(enum severity severity, const char *format, ...);

#endif
