#pragma once
#include <stdbool.h>

/** Whether `mask-argv.ts` may mask something in this word, or because of it. It masks no other words. */
bool may_be_secret(const char *word);
