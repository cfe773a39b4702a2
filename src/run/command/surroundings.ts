import { WIRE_LIMITS } from "../../wire/limits.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that name the job this process belongs to, nearest first. */
const JOB_VARIABLES = ["MLRUN_JOB", "SLURM_JOB_ID", "PBS_JOBID", "OMPI_MCA_ess_base_jobid", "PMIX_NAMESPACE"];
/** Labels and the variables that provide them: the first one set wins. */
const LABEL_VARIABLES: Readonly<Record<string, readonly string[]>> = {
  rank: ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"],
  task: ["SLURM_PROCID"],
};

/** The job inherited from an enclosing mlrun, a batch system or MPI, if any. */
export function inheritedJob(environment: Environment): string | undefined {
  return first(environment, JOB_VARIABLES)?.slice(0, WIRE_LIMITS.maxJobCharacters);
}

/** MPI rank and Slurm task, if the environment has them. */
export function inheritedLabels(environment: Environment): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [label, variables] of Object.entries(LABEL_VARIABLES)) {
    const value = first(environment, variables);
    if (value !== undefined) labels[label] = value.slice(0, WIRE_LIMITS.maxLabelValueCharacters);
  }
  return labels;
}

function first(environment: Environment, names: readonly string[]): string | undefined {
  return names.map((name) => environment[name]).find((value) => value !== undefined && value !== "");
}
