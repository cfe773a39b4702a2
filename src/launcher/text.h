#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Text in memory of a fixed size. */
struct text {
  char *bytes;
  size_t length;
  size_t room;
  /** It did not fit, or holds something that only the logger writes: none of it counts. */
  bool is_refused;
};

void put_bytes(struct text *text, const char *bytes, size_t count);
void put(struct text *text, const char *words);
void put_number(struct text *text, uint64_t number);
/** RFC 3339 in UTC: `2026-11-20T04:17:44.960662Z`. @param us Microseconds since 1970. */
void put_time(struct text *text, uint64_t us);
/** A JSON string, as `begin-json.ts` writes it. Refuses octets that are not UTF-8, and characters that it would escape. */
void put_json(struct text *text, const char *value, size_t count);
