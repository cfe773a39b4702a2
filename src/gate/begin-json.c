#include "begin-json.h"

#include <string.h>

#include "begin.h"
#include "limits.h"

// Each function below takes the element in its name from the start of the text, and returns whether it was there.
struct text {
  const char *at, *end;
};

struct names {
  const char *x, *k;
  int xs, ks;
};

static bool readValue(struct text *text, int depth);

static bool readOne(struct text *text, char c) {
  if (text->at == text->end || *text->at != c) return false;
  text->at += 1;
  return true;
}

static bool readAnyOf(struct text *text, const char *characters) {
  if (text->at == text->end || *text->at == '\0' || strchr(characters, *text->at) == NULL) return false;
  text->at += 1;
  return true;
}

// JSON also allows line feeds and tabs as spaces, but a BEGIN is one line of the relay's journal.
static void skipSpaces(struct text *text) {
  while (readOne(text, ' ')) continue;
}

static bool readString(struct text *text) {
  if (!readOne(text, '"')) return false;
  while (text->at < text->end) {
    unsigned char c = (unsigned char)*text->at++;
    if (c == '"') return true;
    if (c < ' ') return false;
    if (c != '\\') continue;
    if (readAnyOf(text, "\"\\/bfnrt")) continue;
    if (!readOne(text, 'u')) return false;
    for (int digit = 0; digit < 4; digit += 1) {
      if (!readAnyOf(text, "0123456789abcdefABCDEF")) return false;
    }
  }
  return false;
}

static bool readDigits(struct text *text) {
  if (!readAnyOf(text, "0123456789")) return false;
  while (readAnyOf(text, "0123456789")) continue;
  return true;
}

static bool readNumber(struct text *text) {
  readOne(text, '-');
  if (!readOne(text, '0') && !readDigits(text)) return false;
  if (readOne(text, '.') && !readDigits(text)) return false;
  if (!readAnyOf(text, "eE")) return true;
  readAnyOf(text, "+-");
  return readDigits(text);
}

static bool readWord(struct text *text, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(text->end - text->at) < length || memcmp(text->at, word, length) != 0) return false;
  text->at += length;
  return true;
}

static bool isString(const char *from, const char *to, const char *wanted, size_t length) {
  return (size_t)(to - from) == length + 2 && from[0] == '"' && memcmp(from + 1, wanted, length) == 0;
}

// Reads one member. In the outermost object, which has `names`, a name may hold no escape: "\u0078" would be a second
// "x".
static bool readMember(struct text *text, struct names *names, int depth) {
  const char *name = text->at;
  if (!readString(text)) return false;
  const char *nameEnd = text->at;
  if (names != NULL && memchr(name, '\\', (size_t)(nameEnd - name)) != NULL) return false;
  skipSpaces(text);
  if (!readOne(text, ':')) return false;
  skipSpaces(text);
  const char *value = text->at;
  if (!readValue(text, depth)) return false;
  if (names == NULL) return true;
  if (isString(name, nameEnd, "x", 1)) {
    names->xs += 1;
    return isString(value, text->at, names->x, X_BYTES);
  }
  if (isString(name, nameEnd, "k", 1)) {
    names->ks += 1;
    return isString(value, text->at, names->k, K_BYTES);
  }
  return true;
}

// Reads the rest of an object or an array, after its opening bracket.
static bool readItems(struct text *text, char close, struct names *names, int depth) {
  skipSpaces(text);
  if (readOne(text, close)) return true;
  do {
    skipSpaces(text);
    if (close == '}' ? !readMember(text, names, depth) : !readValue(text, depth)) return false;
    skipSpaces(text);
  } while (readOne(text, ','));
  return readOne(text, close);
}

static bool readValue(struct text *text, int depth) {
  if (text->at == text->end || depth == MAX_JSON_DEPTH) return false;
  switch (*text->at) {
    case '"': return readString(text);
    case '{': text->at += 1; return readItems(text, '}', NULL, depth + 1);
    case '[': text->at += 1; return readItems(text, ']', NULL, depth + 1);
    case 't': return readWord(text, "true");
    case 'f': return readWord(text, "false");
    case 'n': return readWord(text, "null");
    default: return readNumber(text);
  }
}

bool isBeginOf(const char *json, size_t length, const char *x, const char *k) {
  struct text text = {.at = json, .end = json + length};
  struct names names = {.x = x, .k = k};
  if (!readOne(&text, '{') || !readItems(&text, '}', &names, 1)) return false;
  return text.at == text.end && names.xs == 1 && names.ks == 1;
}
