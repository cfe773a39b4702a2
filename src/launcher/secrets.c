#include "secrets.h"
#include <stddef.h>
#include <string.h>

/** The shortest token, as in `mask-argv.ts`. */
enum { SHORTEST_TOKEN = 15 };

/** Parts of names that go with a secret, or stand before one in a header, in any case. */
static const char *const NAMES[] = {
    "passw",      "passphrase", "secret",      "token",       "apikey",      "api-key", "api_key", "accesskey", "access-key",
    "access_key", "privatekey", "private-key", "private_key", "credential", "bearer ", "basic ",
};
/** Prefixes of tokens that give themselves away. */
static const char *const PREFIXES[] = {"ghp_",  "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
                                       "glpat-", "xox",  "AKIA", "ASIA", "sk-",  "eyJ"};

bool may_be_secret(const char *word) {
  const char *scheme = strstr(word, "://");
  if (scheme != NULL && strchr(scheme, '@') != NULL) return true;
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
    if (strcasestr(word, NAMES[i]) != NULL) return true;
  if (strlen(word) < SHORTEST_TOKEN) return false;
  for (size_t i = 0; i < sizeof PREFIXES / sizeof PREFIXES[0]; i++)
    if (strstr(word, PREFIXES[i]) != NULL) return true;
  return false;
}
