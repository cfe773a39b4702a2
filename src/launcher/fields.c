#include "fields.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096, NUMBER_BYTES = 24 };

static bool make_room(struct fields *fields, size_t more) {
  size_t needed = fields->length + more;
  if (needed > MAX_FIELD_BYTES) return false;
  if (needed <= fields->room) return true;
  size_t room = fields->room == 0 ? FIRST_ROOM : fields->room;
  while (room < needed) room *= 2;
  char *bytes = realloc(fields->bytes, room);
  if (bytes == NULL) return false;
  fields->bytes = bytes;
  fields->room = room;
  return true;
}

void add_field_part(struct fields *fields, const char *name, const char *value, size_t bytes) {
  size_t name_bytes = strlen(name);
  if (!make_room(fields, name_bytes + bytes + strlen("=") + 1)) {
    fields->is_cut = true;
    return;
  }
  char *at = fields->bytes + fields->length;
  memcpy(at, name, name_bytes);
  at[name_bytes] = '=';
  memcpy(at + name_bytes + 1, value, bytes);
  at[name_bytes + 1 + bytes] = '\0';
  fields->length += name_bytes + bytes + 2;
}

void add_field(struct fields *fields, const char *name, const char *value) {
  add_field_part(fields, name, value, strlen(value));
}

void add_number(struct fields *fields, const char *name, long long value) {
  char text[NUMBER_BYTES];
  snprintf(text, sizeof text, "%lld", value);
  add_field(fields, name, text);
}

const char *next_field(const struct fields *fields, const char *name, const char *after) {
  const char *end = fields->bytes + fields->length;
  size_t bytes = strlen(name);
  for (const char *at = after == NULL ? fields->bytes : after + strlen(after) + 1; at < end; at += strlen(at) + 1)
    if (strncmp(at, name, bytes) == 0 && at[bytes] == '=') return at + bytes + 1;
  return NULL;
}
