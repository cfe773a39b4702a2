#pragma once
#include <stdbool.h>

/** Whether an administrator's settings change nothing that is logged, as far as this program can tell (`site-settings.ts`). */
bool has_no_settings(const char *path);
