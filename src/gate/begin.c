#include "begin.h"

#include <stdbool.h>
#include <string.h>

#include "begin-json.h"
#include "limits.h"

#define X_AT 2
#define K_AT (X_AT + X_BYTES + 1)
#define LENGTH_AT (K_AT + K_BYTES + 1)

// Crockford's base 32 of a ULID (https://github.com/ulid/spec): 128 bits, so the first character is at most 7.
static const char BASE_32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const char BASE_64_URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool isOneOf(const char *characters, char c) {
  return c != '\0' && strchr(characters, c) != NULL;
}

// Whether the octet is allowed at `at` in a head.
static bool fits(size_t at, char c) {
  if (at == 0) return c == 'B';
  if (at == X_AT - 1 || at == K_AT - 1 || at == LENGTH_AT - 1) return c == ' ';
  if (at == X_AT) return c >= '0' && c <= '7';
  if (at < K_AT) return isOneOf(BASE_32, c);
  if (at < LENGTH_AT) return isOneOf(BASE_64_URL, c);
  if (at == LENGTH_AT) return c >= '1' && c <= '9';
  return (c >= '0' && c <= '9') || c == '\n';
}

static void setName(struct executionName *name, const char *head) {
  char *to = name->text;
  to = (char *)memcpy(to, "\" x=\"", 5) + 5;
  to = (char *)memcpy(to, head + X_AT, X_BYTES) + X_BYTES;
  to = (char *)memcpy(to, "\" k=\"", 5) + 5;
  to = (char *)memcpy(to, head + K_AT, K_BYTES) + K_BYTES;
  *to = '"';
}

enum beginVerdict parseBegin(const char *bytes, size_t length, struct begin *begin) {
  size_t at = 0, jsonBytes = 0;
  for (;; at += 1) {
    if (at == length) return BEGIN_MORE;
    if (at == MAX_BEGIN_HEAD_BYTES || !fits(at, bytes[at])) return BEGIN_BAD_HEAD;
    if (bytes[at] == '\n') break;
    if (at >= LENGTH_AT) jsonBytes = jsonBytes * 10 + (size_t)(bytes[at] - '0');
  }
  if (jsonBytes > MAX_JSON_BYTES) return BEGIN_BAD_HEAD;
  const char *json = bytes + at + 1;
  if (length - at - 1 < jsonBytes) return BEGIN_MORE;
  if (!isBeginOf(json, jsonBytes, bytes + X_AT, bytes + K_AT)) return BEGIN_BAD_JSON;
  begin->headBytes = at + 1;
  begin->jsonBytes = jsonBytes;
  setName(&begin->name, bytes);
  return BEGIN_WHOLE;
}
