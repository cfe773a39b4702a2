#include "begin.h"
#include "console.h"
#include "environment.h"
#include "labels.h"
#include "paths.h"
#include "surroundings.h"
#include "user.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** `WIRE_LIMITS.maxArgvElements`, and more octets per word and in all than BEGIN shows characters. */
enum { MAX_WORDS = 256, MAX_WORD_BYTES = 16384, MAX_ARGV_BYTES = 32768 };

/** Replaces hidden words: `MASK` in `mask-argv.ts`. */
static const char MASK[] = "***";

static void add_words(struct fields *fields, char **argv, bool are_hidden) {
  size_t left = MAX_ARGV_BYTES;
  for (int i = 0; argv[i] != NULL && i < MAX_WORDS && (left > 0 || i == 0); i++) {
    size_t bytes = strnlen(argv[i], left < MAX_WORD_BYTES ? left : MAX_WORD_BYTES);
    add_field_part(fields, "arg", argv[i], bytes);
    left -= bytes;
    if (!are_hidden) continue;
    if (argv[1] != NULL) add_field(fields, "arg", MASK);
    return;
  }
}

static void add_path(struct fields *fields, const char *name, const char *value, const char *cwd) {
  char path[PATH_MAX];
  if (value == NULL) return;
  resolve_path(path, cwd, value);
  add_field(fields, name, path);
}

static void add_names(struct fields *fields, const struct names *names) {
  static const char *const within[] = {"within-stdout", "within-stderr"};
  char user[MAX_USER_BYTES];
  add_field(fields, "job", names->job);
  if (*names->run != '\0') add_field(fields, "run", names->run);
  if (names->restarts > 0) add_number(fields, "restarts", names->restarts);
  if (*names->parent != '\0') add_field(fields, "parent", names->parent);
  for (int i = 0; i < 2; i++)
    if (names->within[i] != NULL) add_field(fields, within[i], names->within[i]);
  if (user_name(user)) add_field(fields, "user", user);
}

static void add_surrounding(struct fields *fields, const char *name) {
  const char *value = look_up(name);
  if (value != NULL) add_field(fields, name, value);
}

/** Adds the variables that `inherit_labels` turns into labels. */
static void add_surroundings(struct fields *fields, const struct names *names) {
  size_t at = 0;
  for (const char *name = label_variable(at); name != NULL; name = label_variable(++at)) {
    bool is_foreign = names->has_foreign_array && strcmp(name, "SLURM_ARRAY_TASK_ID") == 0;
    if (!is_foreign) add_surrounding(fields, name);
  }
  add_surrounding(fields, "SLURM_STEP_ID");
  add_surrounding(fields, "MLRUN_ID");
}

/**
 * Finds the folder of the gate's socket: root takes none from the environment where another user could put a socket.
 */
static void find_run_dir(char run_dir[static PATH_MAX], const struct options *options, const char *cwd) {
  const char *given = variable("MLRUN_RUN_DIR");
  if (options->run_dir != NULL || given == NULL) {
    return resolve_path(run_dir, cwd, options->run_dir == NULL ? DEFAULT_RUN_DIR : options->run_dir);
  }
  char socket[PATH_MAX];
  resolve_path(run_dir, cwd, given);
  if (join_path(socket, run_dir, "mlrun.sock") && is_out_of_reach(socket)) return;
  warn(STDERR_FILENO, "MLRUN_RUN_DIR is not used: another user owns a folder of %s", run_dir);
  strcpy(run_dir, DEFAULT_RUN_DIR);
}

void describe_execution(struct execution *execution, const struct options *options, const struct identity *identity,
                        const struct names *names) {
  struct fields *fields = &execution->begin;
  char cwd[PATH_MAX];
  char node[HOST_NAME_MAX + 1];
  // A command may still run in a folder that was removed.
  if (getcwd(cwd, sizeof cwd) == NULL) *cwd = '\0';
  node_name(node);
  own_folder(execution->folder, cwd);
  find_run_dir(execution->run_dir, options, cwd);
  execution->late_us = (uint64_t)options->late_seconds * 1000000;
  execution->notifies = options->notify_url != NULL;
  snprintf(execution->x, sizeof execution->x, "%s", identity->x);
  find_spool_places(&execution->places, execution->run_dir, cwd, node);
  add_field(fields, "x", identity->x);
  add_field(fields, "key", identity->key);
  add_names(fields, names);
  add_field(fields, "node", node);
  add_number(fields, "pid", getpid());
  add_number(fields, "started-us", (long long)now_us());
  add_field(fields, "cwd", cwd);
  add_field(fields, "run-dir", execution->run_dir);
  if (options->raw) add_field(fields, "raw", "1");
  if (options->one_line_frames) add_field(fields, "one-line-frames", "1");
  if (options->pty) add_field(fields, "label", "output=terminal");
  if (options->merge) add_field(fields, "label", "output=merged");
  for (int i = 0; i < options->label_count; i++) add_field(fields, "label", options->labels[i]);
  add_surroundings(fields, names);
  if (options->timeout_ms > 0) add_number(fields, "timeout-ms", (long long)options->timeout_ms);
  if (options->stop_file != NULL) add_field(fields, "stop-file", options->stop_file);
  if (options->notify_url != NULL) add_field(fields, "notify", options->notify_url);
  add_path(fields, "MLRUN_SPOOL_DIR", variable("MLRUN_SPOOL_DIR"), cwd);
  add_path(fields, "MLRUN_CONFIG", variable("MLRUN_CONFIG"), cwd);
  if (variable("XDG_STATE_HOME") != NULL) add_field(fields, "XDG_STATE_HOME", variable("XDG_STATE_HOME"));
  if (variable("HOME") != NULL) add_field(fields, "HOME", variable("HOME"));
  add_words(fields, options->command, options->hide_argv);
}
