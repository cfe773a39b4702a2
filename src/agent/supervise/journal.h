#pragma once
#include <stdbool.h>

/** Longest record of the supervisor. */
enum { RECORD_BYTES = 4096 };

/** Whether a run's folder has this record. */
bool has_record(int folder, const char *name);

/**
 * Makes a record durable: it appears with all its bytes or not at all, and never in the place of another one. False, with
 * errno EEXIST, if there is one already.
 */
bool write_record(int folder, const char *name, const char *text);

/** Reserves room for a record that must not fail later. Returns its descriptor, or -1. */
int reserve_room(int folder, const char *name);

/** Opens the room that an earlier process of the same unit reserved. */
int find_room(int folder, const char *name);
void give_room_back(int folder, const char *name);

/** Like `write_record`, in the room of `reserve_room`. */
bool write_reserved(int folder, int reserved, const char *name, const char *text);
