#pragma once
#include <stddef.h>

/**
 * Octets of the character beyond ASCII that starts there: valid UTF-8 (RFC 3629), and none that must be escaped, as
 * `src/frame/utf8.ts` has them. 0: anything else.
 */
size_t plain_character(const char *at, const char *end);
