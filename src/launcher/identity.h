#pragma once
#include "options.h"

enum { KEY_CHARACTERS = 22 };

/** Names one execution (`wire/ids.ts`) and proves that a frame is its own. */
struct identity {
  char x[ID_CHARACTERS + 1];
  char key[KEY_CHARACTERS + 1];
};

/** @param id The caller's choice, or NULL for a new one. */
void make_identity(struct identity *identity, const char *id);
