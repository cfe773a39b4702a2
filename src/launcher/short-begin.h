#pragma once
#include "fields.h"
#include "text.h"

/**
 * Writes BEGIN as the logger does, with its head for the gate: `B X KEY LENGTH`, a line feed, and the JSON
 * (`begin-json.ts`, `gate-protocol.ts`). Refuses what has to be cut, what may be a secret, what is not UTF-8, and
 * fields that it does not know.
 */
void put_begin(struct text *text, const struct fields *fields);
