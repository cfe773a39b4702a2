#include "utf8.h"
#include <stdbool.h>
#include <stdint.h>

enum { CONTINUES = 0x80, CONTINUES_MASK = 0xc0, PAYLOAD_MASK = 0x3f, BITS = 6, MOST_OCTETS = 4 };

/**
 * Length of the character that starts with `lead`, and `lead`'s share of it in `code`. 0: no character starts with it.
 */
static size_t octets_from(uint8_t lead, uint32_t *code) {
  size_t octets = 0;
  if (lead >= 0xc0 && lead < 0xe0) octets = 2;
  if (lead >= 0xe0 && lead < 0xf0) octets = 3;
  if (lead >= 0xf0 && lead < 0xf8) octets = 4;
  *code = lead & (0x7fu >> octets);
  return octets;
}

static bool is_shortest(uint32_t code, size_t octets) {
  static const uint32_t least[MOST_OCTETS + 1] = {0, 0, 0x80, 0x800, 0x10000};
  bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  return code >= least[octets] && code <= 0x10ffff && !is_surrogate;
}

/** Whether it is a C1 control, a bidirectional control, a line or paragraph separator, or the byte order mark. */
static bool is_unsafe(uint32_t code) {
  return code < 0xa0 || code == 0x61c || code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

size_t plain_character(const char *at, const char *end) {
  uint32_t code;
  size_t octets = at == end ? 0 : octets_from((uint8_t)*at, &code);
  if (octets == 0 || (size_t)(end - at) < octets) return 0;
  for (size_t i = 1; i < octets; i++) {
    uint8_t octet = (uint8_t)at[i];
    if ((octet & CONTINUES_MASK) != CONTINUES) return 0;
    code = code << BITS | (octet & PAYLOAD_MASK);
  }
  return is_shortest(code, octets) && !is_unsafe(code) ? octets : 0;
}
