#pragma once
#include "names.h"
#include "options.h"
#include <stdbool.h>
#include <sys/types.h>

/** The value of a variable, or NULL if it is unset or empty. */
const char *variable(const char *name);

/** Copies a job's name, cut to the characters that one may have. */
void write_job(char job[static MAX_JOB_BYTES], const char *name);

/**
 * The command's environment: the caller's unchanged, including duplicates, with MLRUN_ID, MLRUN_JOB, MLRUN_RUN,
 * MLRUN_SEEN and, unless it is set, PYTHONUNBUFFERED=1; with those of an order in place of the caller's. NULL if memory
 * runs out.
 */
char **command_environment(const char *x, const struct names *names, const struct options *options);
/** Adds MLRUN_PIPES. False if memory runs out. */
bool add_pipes(char **environment, const int fds[static 2]);

/**
 * Replaces mlrun's pid `before` by `now` in LISTEN_PID and WATCHDOG_PID, which sd_listen_fds(3) and
 * sd_watchdog_enabled(3) check.
 */
void rename_process(char **environment, pid_t before, pid_t now);
