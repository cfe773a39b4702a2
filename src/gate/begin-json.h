// Checks the JSON of a BEGIN, as far as the gate is responsible for it. Pure.
#ifndef MLGATE_BEGIN_JSON_H
#define MLGATE_BEGIN_JSON_H

#include <stdbool.h>
#include <stddef.h>

// Whether this is one JSON object (RFC 8259) without control characters whose members "x" and "k" are strings that
// occur once each, as given (26 and 22 octets): otherwise frames could pass for an execution that has no BEGIN, and
// fill the collector's quarantine. The collector checks the other members.
bool isBeginOf(const char *json, size_t length, const char *x, const char *k);

#endif
