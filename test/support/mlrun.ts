import { type Result, type RunningProcess, run, type StartOptions, start } from "./processes.ts";
import { program } from "./programs.ts";

/** An environment that inherits neither a job nor settings of the machine that runs the tests. */
export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited =
    /^(MLRUN_|SLURM_|PBS_|LSB_|FLUX_|SGE_|_CONDOR_|OMPI_|PMIX_|PMI_|PARALLEL_|XDG_STATE_HOME$|PYTHONUNBUFFERED$)/;
  const kept = Object.entries(process.env).filter(([name]) => !inherited.test(name));
  return { ...Object.fromEntries(kept), MLRUN_CONFIG: "/nonexistent", ...more };
}

/** Runs the built mlrun to its end, in a session of its own: without a terminal, wherever the tests run. */
export function mlrun(args: readonly string[], options: StartOptions = {}): Promise<Result> {
  const [file, ...first] = program("mlrun", ...args);
  return run(file, first, { env: cleanEnvironment(), detached: true, ...options });
}

export function startMlrun(args: readonly string[], options: StartOptions = {}): RunningProcess {
  const [file, ...first] = program("mlrun", ...args);
  return start(file, first, { env: cleanEnvironment(), detached: true, ...options });
}
