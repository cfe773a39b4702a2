#include "ids.h"
#include "options.h"
#include <string.h>

static const char ALPHANUMERIC[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
static const char RUN_CHARACTERS[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:@+=,/[]-";

bool is_execution_id(const char *text) {
  static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  return strlen(text) == ID_CHARACTERS && text[0] <= '7' && strspn(text, alphabet) == ID_CHARACTERS;
}

bool is_run_id(const char *text) {
  size_t bytes = strlen(text);
  bool begins = strspn(text, ALPHANUMERIC) > 0;
  return begins && bytes <= MAX_RUN_CHARACTERS && strspn(text, RUN_CHARACTERS) == bytes;
}
