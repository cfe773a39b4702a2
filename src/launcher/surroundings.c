#include "surroundings.h"
#include "environment.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A batch system: variables, or what `derived` knows. */
struct scheduler {
  const char *name;
  /** A variable that must be set as well, where the name of the id's variable is a common word. */
  const char *mark;
  const char *id;
  /** The id of a whole array, if its tasks have ids of their own. */
  const char *array;
  const char *restarts;
};

/** Nearest first: Flux runs inside jobs of the others. */
static const struct scheduler SCHEDULERS[] = {
    {"flux", NULL, "FLUX_JOB_ID", NULL, NULL},
    {"slurm", NULL, "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_RESTART_COUNT"},
    {"pbs", NULL, "PBS_JOBID", NULL, NULL},
    {"lsf", NULL, "LSB_JOBID", NULL, "LSB_RESTART"},
    {"sge", "SGE_TASK_ID", "JOB_ID", NULL, "RESTARTED"},
    {"condor", NULL, "condor.cluster", NULL, "condor.starts"},
};

/** Launchers of parallel programs: they name a job that nothing else names. */
static const struct {
  const char *name;
  const char *id;
  /** The job's name must begin with the launcher's: the id alone is too common. */
  bool is_named;
} LAUNCHERS[] = {
    {"openmpi", "OMPI_MCA_ess_base_jobid", false},
    {"pmix", "PMIX_NAMESPACE", false},
    {"mpich", "hydra.port", true},
    {"parallel", "PARALLEL_PID", true},
};

const char *look_up(const char *name) {
  return name == NULL ? NULL : strchr(name, '.') == NULL ? variable(name) : derived(name);
}

/** Writes `NAME:ID` in characters that a run's id may have (`wire/run-id.ts`). */
static void write_run(char run[static MAX_RUN_BYTES], const char *name, const char *id) {
  static const char plain[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:@+=,/[]-";
  size_t at = (size_t)snprintf(run, MAX_RUN_BYTES, "%s:", name);
  for (; *id != '\0' && at < MAX_RUN_BYTES - 1; id++)
    if (strchr(plain, *id) != NULL) run[at++] = *id;
  run[at] = '\0';
}

/** PBS's `12[3].host`, and `12-3.host` of an old Torque, are tasks of one array: leaves `12[].host` and `12.host`. */
static void leave_task_out(char *id) {
  char *open = strchr(id, '[');
  char *close = open == NULL ? NULL : strchr(open, ']');
  const char *task = variable("PBS_ARRAYID");
  if (close != NULL) memmove(open + 1, close, strlen(close) + 1);
  if (open != NULL || task == NULL) return;
  char *dash = strchr(id, '-');
  bool is_task = dash != NULL && strncmp(dash + 1, task, strlen(task)) == 0;
  char *rest = is_task ? dash + 1 + strlen(task) : NULL;
  if (is_task && (*rest == '.' || *rest == '\0')) memmove(dash, rest, strlen(rest) + 1);
}

/** How often the job was started again. LSF says only that it was started again. */
static long restarts(const struct scheduler *scheduler) {
  const char *value = look_up(scheduler->restarts);
  if (value == NULL) return 0;
  return strcmp(value, "Y") == 0 ? 1 : strtol(value, NULL, 10);
}

/** Whether the enclosing mlrun, of another job, saw the same array. MLRUN_SEEN: node, job, array. */
static bool is_foreign(const char *scheduler, const char *array) {
  const char *seen = variable("MLRUN_SEEN");
  const char *job = seen == NULL ? NULL : strchr(seen, ' ');
  const char *before = job == NULL ? NULL : strchr(job + 1, ' ');
  if (before == NULL || strcmp(before + 1, array) != 0) return false;
  size_t bytes = (size_t)(before - job - 1);
  return bytes != strlen(scheduler) || strncmp(job + 1, scheduler, bytes) != 0;
}

static bool take_scheduler(struct surroundings *surroundings, const struct scheduler *scheduler) {
  const char *id = look_up(scheduler->id);
  const char *array = look_up(scheduler->array);
  if (id == NULL || (scheduler->mark != NULL && variable(scheduler->mark) == NULL)) return false;
  write_run(surroundings->scheduler, scheduler->name, id);
  surroundings->has_foreign_array = array != NULL && is_foreign(surroundings->scheduler, array);
  if (surroundings->has_foreign_array) array = NULL;
  if (array != NULL) snprintf(surroundings->array, sizeof surroundings->array, "%s", array);
  write_job(surroundings->job, array == NULL ? id : array);
  if (strcmp(scheduler->name, "pbs") == 0) leave_task_out(surroundings->job);
  surroundings->restarts = restarts(scheduler);
  char again[MAX_RUN_BYTES] = "";
  if (surroundings->restarts > 0) snprintf(again, sizeof again, "-restart-%ld", surroundings->restarts);
  char launch[MAX_JOB_BYTES + MAX_RUN_BYTES];
  snprintf(launch, sizeof launch, "%s%s", surroundings->job, again);
  write_run(surroundings->run, scheduler->name, launch);
  return true;
}

void find_surroundings(struct surroundings *surroundings) {
  *surroundings = (struct surroundings){0};
  for (size_t i = 0; i < sizeof SCHEDULERS / sizeof SCHEDULERS[0]; i++)
    if (take_scheduler(surroundings, &SCHEDULERS[i])) return;
  for (size_t i = 0; i < sizeof LAUNCHERS / sizeof LAUNCHERS[0]; i++) {
    const char *id = look_up(LAUNCHERS[i].id);
    if (id == NULL) continue;
    write_run(surroundings->run, LAUNCHERS[i].name, id);
    write_job(surroundings->job, LAUNCHERS[i].is_named ? surroundings->run : id);
    return;
  }
}
