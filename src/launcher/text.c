#include "text.h"
#include "utf8.h"
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 24, MICROSECONDS = 1000000, DAY_MINUTES = 1440, DEL = 0x7f };
/** End of 2099, as in `timestamp.ts`. */
static const uint64_t LATEST_US = 4102444799999999;

void put_bytes(struct text *text, const char *bytes, size_t count) {
  if (text->is_refused || count > text->room - text->length) {
    text->is_refused = true;
    return;
  }
  memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
}

void put(struct text *text, const char *words) {
  put_bytes(text, words, strlen(words));
}

void put_number(struct text *text, uint64_t number) {
  char digits[NUMBER_BYTES];
  put_bytes(text, digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number));
}

/**
 * The date so many days after 1970-01-01. Up to 2099 every fourth year has a 29 February, the last day of a year that begins
 * in March. Not gmtime(3): it counts leap seconds where TZ is one of "right/".
 */
static void put_date(struct text *text, unsigned days) {
  enum { MARCH_1968 = 671, FOUR_YEARS = 1461, FIVE_MONTHS = 153, MARCH_TO_DECEMBER = 10 };
  char date[NUMBER_BYTES];
  unsigned since = days + MARCH_1968;
  unsigned years = (4 * since + 3) / FOUR_YEARS;
  unsigned day = since - years * FOUR_YEARS / 4;
  unsigned month = (5 * day + 2) / FIVE_MONTHS;
  bool is_next_year = month >= MARCH_TO_DECEMBER;
  put_bytes(text, date, (size_t)snprintf(date, sizeof date, "%u-%02u-%02u", 1968 + years + is_next_year,
                                         is_next_year ? month - 9 : month + 3, day - (FIVE_MONTHS * month + 2) / 5 + 1));
}

void put_time(struct text *text, uint64_t us) {
  if (us > LATEST_US) us = LATEST_US;
  unsigned seconds = (unsigned)(us / MICROSECONDS);
  unsigned minutes = seconds / 60;
  char time[NUMBER_BYTES];
  put_date(text, minutes / DAY_MINUTES);
  put_bytes(text, time, (size_t)snprintf(time, sizeof time, "T%02u:%02u:%02u.%06uZ", minutes / 60 % 24, minutes % 60,
                                         seconds % 60, (unsigned)(us % MICROSECONDS)));
}

static void put_ascii(struct text *text, char octet) {
  static const char letters[] = "btn?fr";
  char escape[8];
  if (octet >= ' ' && octet < DEL) {
    if (octet == '"' || octet == '\\') put(text, "\\");
    put_bytes(text, &octet, 1);
  } else if (octet >= '\b' && octet <= '\r' && octet != '\v') {
    put_bytes(text, (const char[]){'\\', letters[octet - '\b']}, 2);
  } else {
    put_bytes(text, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", octet));
  }
}

void put_json(struct text *text, const char *value, size_t count) {
  const char *end = value + count;
  put(text, "\"");
  for (const char *at = value; at < end && !text->is_refused;) {
    bool is_ascii = (unsigned char)*at <= DEL;
    size_t octets = is_ascii ? 1 : plain_character(at, end);
    if (is_ascii) put_ascii(text, *at);
    else put_bytes(text, at, octets);
    text->is_refused |= octets == 0;
    at += octets;
  }
  put(text, "\"");
}
