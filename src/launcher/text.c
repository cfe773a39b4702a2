#include "text.h"
#include "utf8.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NUMBER_BYTES = 24, MICROSECONDS = 1000000, DEL = 0x7f };
/** The end of 2099, as in `timestamp.ts`. */
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

void put_time(struct text *text, uint64_t us) {
  if (us > LATEST_US) us = LATEST_US;
  time_t seconds = (time_t)(us / MICROSECONDS);
  struct tm at;
  char day[TIME_BYTES + 1];
  char rest[NUMBER_BYTES];
  gmtime_r(&seconds, &at);
  put_bytes(text, day, strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &at));
  put_bytes(text, rest, (size_t)snprintf(rest, sizeof rest, ".%06uZ", (unsigned)(us % MICROSECONDS)));
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
