#pragma once
#include <stdbool.h>

/** Whether `mask-argv.ts` may mask something in this word, or because of it. It does not for any other word. */
bool may_be_secret(const char *word);
