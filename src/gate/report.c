#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gate.h"
#include "log.h"

static size_t describe(struct gate *gate, char text[static COUNTERS_TEXT_BYTES]) {
  gate->counters.values[GAUGE_CONNECTIONS] = gate->users.connections;
  gate->counters.values[GAUGE_USERS] = gate->users.count;
  gate->counters.values[GAUGE_HELD_BYTES] = gate->users.heldBytes;
  return countersText(&gate->counters, text);
}

static bool writeFile(const char *path, const char *text, size_t length) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return false;
  bool isWritten = write(file, text, length) == (ssize_t)length;
  return close(file) == 0 && isWritten;
}

void reportToFile(struct gate *gate, const char *path) {
  char text[COUNTERS_TEXT_BYTES], part[PATH_MAX];
  size_t length = describe(gate, text);
  int partBytes = snprintf(part, sizeof part, "%s.part", path);
  bool isWritten = (size_t)partBytes < sizeof part && writeFile(part, text, length) && rename(part, path) == 0;
  if (!isWritten && !gate->isReportMissed) {
    logEvent(LOG_SAYS_WARNING, "cannot write %s: %s", path, strerror(errno));
  }
  gate->isReportMissed = !isWritten;
}

void reportToLog(struct gate *gate) {
  char text[COUNTERS_TEXT_BYTES];
  size_t length = describe(gate, text);
  ssize_t written = write(STDERR_FILENO, text, length);
  (void)written;
}

static uint64_t sum(const struct gate *gate, enum counter first, enum counter last) {
  uint64_t total = 0;
  for (size_t i = first; i <= last; i += 1) total += gate->counters.values[i];
  return total;
}

size_t reportToRelay(struct gate *gate, char message[static MAX_REPORT_BYTES]) {
  uint64_t refused = sum(gate, COUNT_REFUSED_USER, COUNT_REFUSED_USERS);
  uint64_t ended = sum(gate, COUNT_BAD_BEGIN, COUNT_HALF_DONE);
  uint64_t waits = sum(gate, COUNT_THROTTLED, COUNT_WAITED_HELD);
  int length = snprintf(message, MAX_REPORT_BYTES,
                        "<134>1 - - gate - - - {\"name\":\"marcologger-gate\",\"connections\":%zu,"
                        "\"refused\":%" PRIu64 ",\"ended\":%" PRIu64 ",\"waits\":%" PRIu64 "}",
                        gate->users.connections, refused, ended, waits);
  return (size_t)length;
}
