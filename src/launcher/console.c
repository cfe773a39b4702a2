#include "console.h"
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_LINE_BYTES = 4608 };

void warn(int fd, const char *format, ...) {
  if (fd < 0) return;
  char line[MAX_LINE_BYTES] = "mlrun: ";
  size_t start = strlen(line);
  va_list values;
  va_start(values, format);
  vsnprintf(line + start, sizeof line - start - 1, format, values);
  va_end(values);
  strcat(line, "\n");
  struct pollfd ready = {fd, POLLOUT, 0};
  if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
  // If nobody reads stderr, there is no one to report this to.
  if (write(fd, line, strlen(line)) < 0) return;
}
