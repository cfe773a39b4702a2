#pragma once
#include "options.h"
#include <stdbool.h>

/** Room for a job's name and for a run's in octets: at most four per character, and the NUL. */
enum { MAX_JOB_BYTES = 4 * MAX_JOB_CHARACTERS + 1, MAX_RUN_BYTES = MAX_RUN_CHARACTERS + 1 };

/** The batch system or launcher that started this process; `surroundings.ts` finds the same. */
struct surroundings {
  /** `NAME:ID` of the batch system's job, every task of an array with its own. Empty: none. */
  char scheduler[MAX_RUN_BYTES];
  /** The job and its launch, as the batch system or else the launcher knows them. Empty: neither is there. */
  char job[MAX_JOB_BYTES];
  char run[MAX_RUN_BYTES];
  /** Id of the whole array that the job is a task of, where tasks have ids of their own. Empty: none. */
  char array[MAX_RUN_BYTES];
  /** The variables name the array that submitted this job, which is not one of its tasks: sbatch hands them on. */
  bool has_foreign_array;
  /** How often the batch system started the job again. */
  long restarts;
};

void find_surroundings(struct surroundings *surroundings);

/**
 * Values that no variable holds: HTCondor has them in a file, MPICH in the arguments of its proxy.
 *
 * @return The value, or NULL.
 */
const char *derived(const char *name);

/** The value of a variable, or of a name with a dot as `derived` knows it. NULL: unset or empty. */
const char *look_up(const char *name);
