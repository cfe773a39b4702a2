import { parseExecutionId } from "../../wire/ids.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";

/** Variables of the environment, and what the launcher found elsewhere: `restarts`, `condor.proc`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The batch system or launcher that started this process. `src/launcher/surroundings.c` finds the same, and the jobs of
 * HTCondor and MPICH, which no variable names.
 */
interface Surroundings {
  /** `NAME:ID` of the batch system's job, every task of an array with its own. Undefined: none. */
  readonly scheduler: string | undefined;
  /** The job and its launch, as the batch system or else the launcher knows them. */
  readonly job: string | undefined;
  readonly run: string | undefined;
  /** How often the batch system started the job again. */
  readonly restarts: number;
}

interface Scheduler {
  readonly name: string;
  /** A variable that must be set as well, where the name of the id's variable is a common word. */
  readonly mark?: string;
  readonly id: string;
  /** The id of a whole array, if its tasks have ids of their own. */
  readonly array?: string;
  readonly restarts?: string;
}

/** Nearest first: Flux runs inside jobs of the others. */
const SCHEDULERS: readonly Scheduler[] = [
  { name: "flux", id: "FLUX_JOB_ID" },
  { name: "slurm", id: "SLURM_JOB_ID", array: "SLURM_ARRAY_JOB_ID", restarts: "SLURM_RESTART_COUNT" },
  { name: "pbs", id: "PBS_JOBID" },
  { name: "lsf", id: "LSB_JOBID", restarts: "LSB_RESTART" },
  { name: "sge", mark: "SGE_TASK_ID", id: "JOB_ID", restarts: "RESTARTED" },
];
/** Launchers of parallel programs. `isNamed`: the id alone is too common, so the job's name begins with the launcher's. */
const LAUNCHERS: readonly { name: string; id: string; isNamed: boolean }[] = [
  { name: "openmpi", id: "OMPI_MCA_ess_base_jobid", isNamed: false },
  { name: "pmix", id: "PMIX_NAMESPACE", isNamed: false },
  { name: "parallel", id: "PARALLEL_PID", isNamed: true },
];
const NOT_IN_A_RUN = /[^0-9A-Za-z._:@+=,/[\]-]/g;

export function findSurroundings(environment: Environment): Surroundings {
  for (const scheduler of SCHEDULERS) {
    const id = setting(environment, scheduler.id);
    if (id === undefined || (scheduler.mark !== undefined && !setting(environment, scheduler.mark))) continue;
    const whole = (scheduler.array && setting(environment, scheduler.array)) ?? id;
    const job = scheduler.name === "pbs" ? withoutTask(whole, setting(environment, "PBS_ARRAYID")) : whole;
    const times = restartsOf(scheduler.restarts && setting(environment, scheduler.restarts));
    const run = runId(scheduler.name, times > 0 ? `${job}-restart-${times}` : job);
    return { scheduler: runId(scheduler.name, id), job: jobName(job), run, restarts: times };
  }
  for (const { name, id: variable, isNamed } of LAUNCHERS) {
    const id = setting(environment, variable);
    if (id === undefined) continue;
    const run = runId(name, id);
    return { scheduler: undefined, job: isNamed ? run : jobName(id), run, restarts: 0 };
  }
  return { scheduler: undefined, job: undefined, run: undefined, restarts: 0 };
}

/** Labels and the variables that provide them: the first variable that is set wins. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  rank: ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "FLUX_TASK_RANK", "PALS_RANKID", "JSM_NAMESPACE_RANK"],
  "local-rank": [
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "MPI_LOCALRANKID",
    "FLUX_TASK_LOCAL_ID",
    "PALS_LOCAL_RANKID",
    "JSM_NAMESPACE_LOCAL_RANK",
  ],
  world: ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "FLUX_JOB_SIZE", "JSM_NAMESPACE_SIZE"],
  task: ["SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "PBS_ARRAYID", "FLUX_JOB_CC", "condor.proc"],
};
/** Variables of HTCondor's parallel universe, and of Slurm, whose batch script also has them without being a rank. */
const LAST_LABELS: Readonly<Record<string, readonly string[]>> = {
  rank: ["_CONDOR_PROCNO", "SLURM_PROCID"],
  "local-rank": ["SLURM_LOCALID"],
  world: ["_CONDOR_NPROCS", "SLURM_STEP_NUM_TASKS"],
};

/** Labels from a batch system, a launcher and an enclosing mlrun. */
export function inheritedLabels(environment: Environment): Record<string, string> {
  const isStep = setting(environment, "SLURM_STEP_ID") !== undefined;
  const labels: Record<string, string> = {};
  const add = (label: string, value: string | undefined) => {
    if (value !== undefined) labels[label] ??= value.slice(0, WIRE_LIMITS.maxLabelValueCharacters);
  };
  for (const [label, names] of Object.entries(LABELS)) add(label, first(environment, names));
  for (const [label, names] of Object.entries(LAST_LABELS)) {
    add(label, first(environment, isStep ? names : names.filter((name) => !name.startsWith("SLURM_"))));
  }
  // Outside of an array, LSF sets 0 and SGE "undefined".
  for (const name of ["LSB_JOBINDEX", "SGE_TASK_ID"]) add("task", positive(setting(environment, name)));
  add("task", setting(environment, "PARALLEL_SEQ"));
  add("restart", positive(environment["restarts"]));
  add("parent", parseExecutionId(environment["MLRUN_ID"]));
  return labels;
}

/** A variable's value, unless it is empty. */
export function setting(environment: Environment, name: string): string | undefined {
  return environment[name] === "" ? undefined : environment[name];
}

/** PBS's `12[3].host`, and `12-3.host` of an old Torque, are tasks of one array: `12[].host` and `12.host`. */
function withoutTask(id: string, task: string | undefined): string {
  if (id.includes("[")) return id.replace(/\[[^\]]*\]/, "[]");
  const dash = id.indexOf("-");
  if (task === undefined || dash < 0 || !id.startsWith(task, dash + 1)) return id;
  const rest = id.slice(dash + 1 + task.length);
  return rest === "" || rest.startsWith(".") ? id.slice(0, dash) + rest : id;
}

/** How often the job was started again. LSF says only that it was started again. */
function restartsOf(value: string | undefined): number {
  return value === "Y" ? 1 : Number.parseInt(value ?? "0", 10) || 0;
}

function positive(value: string | undefined): string | undefined {
  return value !== undefined && Number(value) > 0 ? value : undefined;
}

function runId(name: string, id: string): string {
  return `${name}:${id.replace(NOT_IN_A_RUN, "")}`.slice(0, WIRE_LIMITS.maxRunCharacters);
}

function jobName(id: string): string {
  return id.slice(0, WIRE_LIMITS.maxJobCharacters);
}

function first(environment: Environment, names: readonly string[]): string | undefined {
  return names.map((name) => setting(environment, name)).find((value) => value !== undefined);
}
