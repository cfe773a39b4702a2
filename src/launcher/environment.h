#pragma once
#include "options.h"
#include <stdbool.h>
#include <sys/types.h>

/** Room for a job's name in octets: at most four per character, and the NUL. */
enum { MAX_JOB_BYTES = 4 * MAX_JOB_CHARACTERS + 1 };

/** The value of a variable, or NULL if it is unset or empty. */
const char *variable(const char *name);

/** The job: --job, else the one named by the environment (`surroundings.ts` has the same list), else x. */
void choose_job(char job[static MAX_JOB_BYTES], const struct options *options, const char *x);

/**
 * The command's environment: the caller's unchanged, including duplicates, with MLRUN_ID, MLRUN_JOB and, unless it is
 * set, PYTHONUNBUFFERED=1. NULL if memory runs out.
 */
char **command_environment(const char *x, const char *job, bool leaves_buffering);

/** sd_listen_fds(3) and sd_watchdog_enabled(3) check the process id: replaces mlrun's, `before`, by `now`. */
void rename_process(char **environment, pid_t before, pid_t now);
