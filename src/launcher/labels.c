#include "labels.h"
#include "ids.h"
#include "options.h"
#include <string.h>

/** The first variable that is set provides the label: `surroundings.ts` has the same order. */
static const struct {
  const char *variable;
  const char *label;
  /** IN_STEP: Slurm's batch script also has it, without being a rank. IF_POSITIVE: 0 means that there is none. */
  enum { ALWAYS, IN_STEP, IF_POSITIVE } when;
} SOURCES[] = {
    {"OMPI_COMM_WORLD_RANK", "rank", ALWAYS},
    {"PMIX_RANK", "rank", ALWAYS},
    {"PMI_RANK", "rank", ALWAYS},
    {"FLUX_TASK_RANK", "rank", ALWAYS},
    {"PALS_RANKID", "rank", ALWAYS},
    {"JSM_NAMESPACE_RANK", "rank", ALWAYS},
    {"OMPI_COMM_WORLD_LOCAL_RANK", "local-rank", ALWAYS},
    {"MPI_LOCALRANKID", "local-rank", ALWAYS},
    {"FLUX_TASK_LOCAL_ID", "local-rank", ALWAYS},
    {"PALS_LOCAL_RANKID", "local-rank", ALWAYS},
    {"JSM_NAMESPACE_LOCAL_RANK", "local-rank", ALWAYS},
    {"OMPI_COMM_WORLD_SIZE", "world", ALWAYS},
    {"PMI_SIZE", "world", ALWAYS},
    {"FLUX_JOB_SIZE", "world", ALWAYS},
    {"JSM_NAMESPACE_SIZE", "world", ALWAYS},
    {"SLURM_ARRAY_TASK_ID", "task", ALWAYS},
    {"PBS_ARRAY_INDEX", "task", ALWAYS},
    {"PBS_ARRAYID", "task", ALWAYS},
    {"FLUX_JOB_CC", "task", ALWAYS},
    {"condor.proc", "task", ALWAYS},
    {"_CONDOR_PROCNO", "rank", ALWAYS},
    {"SLURM_PROCID", "rank", IN_STEP},
    {"SLURM_LOCALID", "local-rank", IN_STEP},
    {"_CONDOR_NPROCS", "world", ALWAYS},
    {"SLURM_STEP_NUM_TASKS", "world", IN_STEP},
    {"LSB_JOBINDEX", "task", IF_POSITIVE},
    {"SGE_TASK_ID", "task", IF_POSITIVE},
    {"PARALLEL_SEQ", "task", ALWAYS},
};
enum { SOURCE_COUNT = sizeof SOURCES / sizeof SOURCES[0] };

struct inherited {
  struct label *labels;
  int count;
  bool is_unusual;
};

const char *label_variable(size_t at) {
  return at < SOURCE_COUNT ? SOURCES[at].variable : NULL;
}

static const char *setting(const struct fields *fields, const char *name) {
  const char *value = next_field(fields, name, NULL);
  return value == NULL || *value == '\0' ? NULL : value;
}

static void add(struct inherited *to, const char *name, const char *value) {
  if (value == NULL) return;
  for (int i = 0; i < to->count; i++)
    if (strcmp(to->labels[i].name, name) == 0) return;
  to->is_unusual |= strlen(value) > MAX_LABEL_VALUE_CHARACTERS;
  to->labels[to->count++] = (struct label){name, value};
}

/** NULL for 0, or for SGE's "undefined". JavaScript also reads other forms of numbers. */
static const char *positive(struct inherited *to, const char *value) {
  if (value == NULL || strcmp(value, "undefined") == 0) return NULL;
  to->is_unusual |= value[strspn(value, "0123456789")] != '\0';
  return value[strspn(value, "0")] == '\0' ? NULL : value;
}

int inherit_labels(const struct fields *fields, struct label labels[static MAX_INHERITED_LABELS]) {
  struct inherited to = {.labels = labels};
  bool is_step = setting(fields, "SLURM_STEP_ID") != NULL;
  for (size_t i = 0; i < SOURCE_COUNT; i++) {
    const char *value = setting(fields, SOURCES[i].variable);
    if (SOURCES[i].when == IN_STEP && !is_step) continue;
    add(&to, SOURCES[i].label, SOURCES[i].when == IF_POSITIVE ? positive(&to, value) : value);
  }
  const char *parent = setting(fields, "MLRUN_ID");
  add(&to, "restart", positive(&to, setting(fields, "restarts")));
  add(&to, "parent", parent != NULL && is_execution_id(parent) ? parent : NULL);
  return to.is_unusual ? -1 : to.count;
}
