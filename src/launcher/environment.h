#pragma once
#include "options.h"
#include <stdbool.h>
#include <sys/types.h>

/** Room of a job's name in octets: at most four a character, and the NUL. */
enum { MAX_JOB_BYTES = 4 * MAX_JOB_CHARACTERS + 1 };

/** The value of a variable that is set to something; NULL else. */
const char *variable(const char *name);

/** The job: --job, else the one that the surroundings name (`surroundings.ts` has the same list), else x. */
void choose_job(char job[static MAX_JOB_BYTES], const struct options *options, const char *x);

/**
 * The command's environment: the caller's as it stands, duplicates included, with MLRUN_ID, MLRUN_JOB and, unless it is
 * set, PYTHONUNBUFFERED=1. NULL when there is no memory.
 */
char **command_environment(const char *x, const char *job, bool leaves_buffering);

/** sd_listen_fds(3) and sd_watchdog_enabled(3) name the process that they are meant for: mlrun, before. */
void rename_process(char **environment, pid_t before, pid_t now);
