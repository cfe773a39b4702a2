#pragma once
#include <limits.h>
#include <stdbool.h>

/** Where raw output may be kept; `src/run/spool/spool-folder.ts` has the same places in the same order. */
struct spool_places {
  /** MLRUN_SPOOL_DIR, absolute; empty if unset. */
  char chosen[PATH_MAX];
  /** The user's own state folder; empty if there is none. */
  char home[PATH_MAX];
  /** A subfolder for each relay but the default one. */
  char relay[PATH_MAX];
};

/** @param run_dir Absolute. @param cwd The folder that relative paths start from. */
void find_spool_places(struct spool_places *places, const char *run_dir, const char *cwd, const char *node);
/** The first folder that exists, or can be created, and is safe. */
bool open_spool_folder(const struct spool_places *places, char folder[static PATH_MAX]);
