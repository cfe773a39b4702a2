#include "counters.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct series {
  const char *name, *labels;
};

static const struct series SERIES[COUNTERS] = {
    [COUNT_ACCEPTED] = {"ml_gate_connections_accepted_total", ""},
    [COUNT_REFUSED_USER] = {"ml_gate_connections_refused_total", "{limit=\"user\"}"},
    [COUNT_REFUSED_ALL] = {"ml_gate_connections_refused_total", "{limit=\"all\"}"},
    [COUNT_REFUSED_USERS] = {"ml_gate_connections_refused_total", "{limit=\"users\"}"},
    [COUNT_BAD_BEGIN] = {"ml_gate_connections_ended_total", "{reason=\"begin\"}"},
    [COUNT_BAD_JSON] = {"ml_gate_connections_ended_total", "{reason=\"json\"}"},
    [COUNT_BAD_FRAME] = {"ml_gate_connections_ended_total", "{reason=\"frame\"}"},
    [COUNT_FOREIGN_FRAME] = {"ml_gate_connections_ended_total", "{reason=\"foreign\"}"},
    [COUNT_HALF_DONE] = {"ml_gate_connections_ended_total", "{reason=\"half\"}"},
    [COUNT_LEFT] = {"ml_gate_connections_ended_total", "{reason=\"left\"}"},
    [COUNT_LOST_RELAY] = {"ml_gate_connections_ended_total", "{reason=\"relay\"}"},
    [COUNT_UNPROVEN] = {"ml_gate_connections_ended_total", "{reason=\"unproven\"}"},
    [COUNT_BEGUN] = {"ml_gate_begins_total", ""},
    [COUNT_TAKEN_OVER] = {"ml_gate_taken_over_total", ""},
    [COUNT_ROUNDS] = {"ml_gate_rounds_total", ""},
    [COUNT_PROOFS] = {"ml_gate_proofs_total", ""},
    [COUNT_BYTES] = {"ml_gate_bytes_total", ""},
    [COUNT_THROTTLED] = {"ml_gate_waits_total", "{for=\"begin\"}"},
    [COUNT_WAITED_TURN] = {"ml_gate_waits_total", "{for=\"turn\"}"},
    [COUNT_WAITED_HELD] = {"ml_gate_waits_total", "{for=\"held\"}"},
    [GAUGE_CONNECTIONS] = {"ml_gate_connections", ""},
    [GAUGE_USERS] = {"ml_gate_users", ""},
    [GAUGE_HELD_BYTES] = {"ml_gate_held_bytes", ""},
};

size_t countersText(const struct counters *counters, char text[static COUNTERS_TEXT_BYTES]) {
  size_t length = 0;
  for (size_t i = 0; i < COUNTERS; i += 1) {
    const struct series *series = &SERIES[i];
    bool isFirst = i == 0 || strcmp(series->name, SERIES[i - 1].name) != 0;
    const char *type = i >= GAUGE_CONNECTIONS ? "gauge" : "counter";
    char *at = text + length;
    size_t room = COUNTERS_TEXT_BYTES - length;
    int written = isFirst ? snprintf(at, room, "# TYPE %s %s\n", series->name, type) : 0;
    if (written < 0 || (size_t)written >= room) return length;
    int line = snprintf(at + written, room - (size_t)written, "%s%s %" PRIu64 "\n", series->name, series->labels,
                        counters->values[i]);
    if (line < 0 || (size_t)(written + line) >= room) return length;
    length += (size_t)(written + line);
  }
  return length;
}
