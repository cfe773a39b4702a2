#include "durations.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
  const char *name;
  double ms;
} UNITS[] = {{"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}, {"w", 6.048e8}};

static const char *skip_blanks(const char *at) {
  while (*at == ' ' || *at == '\t') at += 1;
  return at;
}

/** Takes digits, perhaps with a fraction: no sign, exponent or hexadecimal, and a point in every locale. */
static const char *take_number(const char *at, double *number) {
  const char *from = at;
  double scale = 1;
  *number = 0;
  for (; isdigit((unsigned char)*at); at++) *number = *number * 10 + (*at - '0');
  if (at == from || *at != '.' || !isdigit((unsigned char)at[1])) return at;
  for (at += 1; isdigit((unsigned char)*at); at++) *number += (*at - '0') * (scale /= 10);
  return at;
}

/** @return The text after the unit; NULL if there is no unit. */
static const char *take_unit(const char *at, double *ms) {
  *ms = 1e3;
  if (*at == '\0' || isdigit((unsigned char)*at)) return at;
  for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
    size_t bytes = strlen(UNITS[i].name);
    if (strncasecmp(at, UNITS[i].name, bytes) != 0) continue;
    *ms = UNITS[i].ms;
    return at + bytes;
  }
  return NULL;
}

bool parse_duration(const char *text, uint64_t *ms) {
  double total = 0;
  const char *at = skip_blanks(text);
  if (*at == '\0') return false;
  while (*at != '\0') {
    double number, unit;
    const char *behind = take_number(at, &number);
    if (behind == at || (at = take_unit(skip_blanks(behind), &unit)) == NULL) return false;
    total += number * unit;
    at = skip_blanks(at);
  }
  if (total > (double)MAX_DURATION_MS) return false;
  *ms = (uint64_t)total;
  return true;
}
