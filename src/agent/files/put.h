#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct user;

/** `.NAME.X.NUMBER`; in a shared folder the sender's uid follows. */
enum { STAGED_BYTES = 256 };

/** A file of an order, as mlagent-root describes it in fields (`file-fields.ts`). */
struct file {
  /** The execution's id: nodes with a common folder stage an order's file side by side. */
  char *x;
  char *number;
  char *path;
  mode_t mode;
  uint64_t bytes;
  bool overwrites;
  bool is_archive;
  /** Path of the shared folder, and the user that its files are written as. NULL: the path is in no shared folder. */
  char *folder;
  char *as;
  char *uid;
  /** Length of the shared folder's part of a settled path; 0 outside of shared folders. */
  size_t folder_bytes;
};

/** A file that waits to be published. */
struct staged {
  int folder;
  const char *name;
};

/** Whether a name in a folder is a file of this process's user with the length and mode of the ordered one. */
bool is_like(int folder, const char *name, const struct file *file);

/** Whether it also has the bytes of the staged one: then the file is in place already. */
bool is_equal(int folder, const char *name, const struct file *file, const struct staged *staged);

/** Reads the fields of one file up to its `end=`. False at `then=`, whose value is in `then`, or if they are damaged. */
bool read_file_fields(FILE *from, struct file *file, char **then);

/** What an order's path names below the user's home: `~`, `~/x`, `x` and the empty path do. NULL: it begins with a slash. */
const char *below_home(const char *path);

/** Makes the path absolute, in its shared folder or in this home. False, with errno, if memory runs out. */
bool settle_path(struct file *file, const char *home);

/** The name under which a file waits in its folder, or one above, until it is published. */
void staged_name(char name[STAGED_BYTES], const struct file *file);

/** Removes a file or a whole tree of the user's. */
void remove_entry(int folder, const char *name);

/** Syncs a folder's entries to disk, if the user may read the folder. */
void sync_folder(int folder);

/**
 * Actions of mlsupervise. They start as root, read fields on stdin, then become the user.
 *
 * @param words UID USER
 */
int stage(char **words);
int discard(char **words);
/** For a dry run: prints one result for all files, as `stage` prints one for each, and writes nothing. */
int would_stage(char **words);
/** Once all files were staged: prints the NUL-terminated paths of those that are published and still exist. */
int placed(char **words);

/** Becomes the user named by `words`. Returns 0, or an exit status of `supervise.h`. */
int become_named(struct user *user, char **words);

enum { NEXT_FILE = -1 };

/**
 * Becomes the user of the words, and acts on each file of the fields on stdin, its path settled, until `act` returns an exit
 * status. Returns that status, or that of the first failure; NEXT_FILE: all files had their turn.
 */
int each_file(char **words, int (*act)(const struct file *file));

/**
 * Publishes the staged files of shared folders that the fields at `fd` list, each as its folder's user. For root, before
 * it becomes the user. Rewinds `fd`. Returns 0, or 125 after a message on stderr.
 */
int publish_shared(int fd);

/** Runs in a unit before its command. @param words FOLDER, which holds `fields`. */
int publish_shared_for_unit(char **words);

/**
 * Publishes the user's own staged files that the fields at `fd` list, as the user. Leaves `fd` after them, where
 * mlrun's fields begin. Returns 0, or 125 after a message on stderr; -1: there is a command to execute.
 */
int publish(int fd);

/** The command of a unit: publishes, then executes mlrun. @param words MLRUN */
int publish_for_unit(char **words);
