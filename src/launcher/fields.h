#pragma once
#include <stdbool.h>
#include <stddef.h>

/** `name=value` fields, each closed by a NUL: what the logger must know of an execution. Values may hold any octets. */
struct fields {
  char *bytes;
  size_t length;
  size_t room;
  /** No memory, or more than `MAX_FIELD_BYTES`: something is missing. */
  bool is_cut;
};

/** argv may hold megabytes; BEGIN shows 4 KiB of it. */
enum { MAX_FIELD_BYTES = 65536 };

void add_field(struct fields *fields, const char *name, const char *value);
/** @param bytes The value's length; it may be cut out of a longer one. */
void add_field_part(struct fields *fields, const char *name, const char *value, size_t bytes);
void add_number(struct fields *fields, const char *name, long long value);
