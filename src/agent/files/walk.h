#pragma once
#include <limits.h>
#include <stdbool.h>

struct file;

/** Destination of a file: the deepest existing folder of its path, and the folders still to be made below. */
struct place {
  /** O_PATH. */
  int folder;
  /** Folders to make, then the name: `new/dir/a.txt`. */
  char rest[PATH_MAX];
  const char *name;
  /** The folder on the way that has the staged file; -1: none has. */
  int staged_in;
  /** In a shared folder: the rest of the walk follows no link. */
  bool is_sealed;
};

/**
 * Walks a file's settled path. Follows links only of the user and of root: in a folder that others write to as well, somebody
 * else's link would lead the user's file where somebody else wants it. Below a shared folder it follows none: an archive may have
 * brought them, and all who use the folder write as one user. False with errno: EINVAL for a path that has `..` or no name of its
 * own, ELOOP for such a link, ENOENT for a shared folder that is not there.
 *
 * @param staged A name to look for on the way, or NULL.
 */
bool find_place(struct place *place, const struct file *file, const char *staged);

/** Makes the folders that are still to be made. */
bool make_folders(struct place *place);

void leave_place(struct place *place);
