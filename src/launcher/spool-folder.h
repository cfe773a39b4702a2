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
/**
 * Whether no folder above belongs to another user, who could put something else in place of this path. Checked for root
 * alone: with `sudo -E`, HOME and MLRUN_ variables come from another user. An ordinary user's home may well lie in a
 * folder of somebody else.
 */
bool is_out_of_reach(const char *path);
/** The first folder that exists, or can be created, and is safe. */
bool open_spool_folder(const struct spool_places *places, char folder[static PATH_MAX]);
/** Whether no folder has anything to deliver. Names that look like it are enough: the logger looks closer. */
bool is_spool_empty(const struct spool_places *places);
