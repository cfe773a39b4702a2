#pragma once
#include <stdbool.h>
#include <stddef.h>

/**
 * `name=value` fields, each closed by a NUL: everything the logger must know about an execution. Values may hold any
 * octets.
 */
struct fields {
  char *bytes;
  size_t length;
  size_t room;
  /** Memory ran out, or `MAX_FIELD_BYTES` was exceeded: the fields are incomplete. */
  bool is_cut;
};

/** argv may hold megabytes; BEGIN shows 4 KiB of it. */
enum { MAX_FIELD_BYTES = 65536 };

void add_field(struct fields *fields, const char *name, const char *value);
/** @param bytes Length of the value, which may be part of a longer one. */
void add_field_part(struct fields *fields, const char *name, const char *value, size_t bytes);
void add_number(struct fields *fields, const char *name, long long value);
/**
 * The value of the first field of that name after the value `after`, or of all if `after` is NULL. NULL: there is none.
 */
const char *next_field(const struct fields *fields, const char *name, const char *after);
