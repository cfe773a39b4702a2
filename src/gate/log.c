#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

// Room for a path of 107 octets (unix(7)) and its reason, twice.
#define LINE_BYTES 512

void logEvent(enum severity severity, const char *format, ...) {
  char line[LINE_BYTES];
  int head = snprintf(line, sizeof line, "<%d>gate: ", severity);
  va_list arguments;
  va_start(arguments, format);
  int text = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, arguments);
  va_end(arguments);
  if (text < 0) return;
  size_t length = (size_t)head + (size_t)text;
  if (length > sizeof line - 2) length = sizeof line - 2;
  line[length] = '\n';
  // One write: lines of several threads or programs do not mix.
  ssize_t written = write(STDERR_FILENO, line, length + 1);
  (void)written;
}
