#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct user;

/** `.NAME.RUN.NUMBER`; in a shared folder the uid of who orders follows. */
enum { STAGED_BYTES = 256 };

/** A file of an order, as mlagent-root describes it in fields (`file-fields.ts`). */
struct file {
  char *run;
  char *number;
  char *path;
  mode_t mode;
  uint64_t bytes;
  bool overwrites;
  bool is_archive;
  /** NULL: the user's own. Else the path of a shared folder, and whom its files are written as. */
  char *folder;
  char *as;
  char *uid;
  /** Of a path that is settled: the octets that are the shared folder's; 0: it is in none. */
  size_t folder_bytes;
};

/** Reads the fields of one file up to its `end=`. False at `then=`, whose value is in `then`, or if they are damaged. */
bool read_file_fields(FILE *from, struct file *file, char **then);

/** What an order's path names below the user's home: `~`, `~/x`, `x` and the empty path do. NULL: it begins with a slash. */
const char *below_home(const char *path);

/** Makes the path an absolute one: in its shared folder, or in this home. False, with errno, where there is no memory. */
bool settle_path(struct file *file, const char *home);

/** The name under which a file waits in its folder, or one above, until it is published. */
void staged_name(char name[STAGED_BYTES], const struct file *file);

/** Removes a file or a whole tree of the user's. */
void remove_entry(int folder, const char *name);

/** Makes the names in a folder durable, if the user may read it. */
void sync_folder(int folder);

/**
 * Actions of mlsupervise. They read fields on stdin, as root: then they become the user.
 *
 * @param words UID USER
 */
int stage(char **words);
int discard(char **words);
/** For a dry run: prints what `stage` would, for all files together, and writes nothing. */
int would_stage(char **words);
/** Of files that were all staged: prints the paths of those that were published and still stand there, each ended by NUL. */
int placed(char **words);

/** Becomes the user of the words; 0, or an exit status of `supervise.h`. */
int become_named(struct user *user, char **words);

enum { NEXT_FILE = -1 };

/**
 * Becomes the user of the words, and acts on each file of the fields on stdin, its path settled, until `act` returns an exit
 * status. Returns that status, or that of the first failure; NEXT_FILE: all files had their turn.
 */
int each_file(char **words, int (*act)(const struct file *file));

/**
 * Gives staged files of shared folders their names, each as its folder's user: those that the fields at `fd` list. For root, before
 * it becomes the user. Leaves `fd` at its begin. Returns 0, or 125 after a message on stderr.
 */
int publish_shared(int fd);

/** Of a unit, before its command. @param words FOLDER, in which `fields` is. */
int publish_shared_for_unit(char **words);

/**
 * Gives the user's own staged files their names, as the user: those that the fields at `fd` list. Leaves `fd` behind them, where
 * mlrun's fields begin. Returns 0, or 125 after a message on stderr; -1: there is a command to execute.
 */
int publish(int fd);

/** Of a unit: publishes, then becomes mlrun. @param words MLRUN */
int publish_for_unit(char **words);
