import { parseExecutionId } from "../../wire/ids.ts";
import type { Launch } from "../../wire/launch.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { parseRunId } from "../../wire/run-id.ts";
import { type Environment, findSurroundings, setting } from "./surroundings.ts";

/** What an execution is called besides its id. */
interface Names {
  readonly job: string;
  readonly launch: Launch;
  readonly restarts: number;
  /** Variables added to the command's environment. */
  readonly variables: Readonly<Record<string, string>>;
}

interface Asked {
  readonly x: string;
  readonly node: string;
  readonly job: string | undefined;
  readonly run: string | undefined;
}

/**
 * Finds names in options and environment, as `src/launcher/names.c` does. The batch system's job wins over MLRUN_JOB
 * unless the enclosing mlrun saw the same job (MLRUN_SEEN): what a job submits is a job of its own.
 */
export function findNames(environment: Environment, { x, node, job, run }: Asked): Names {
  const now = findSurroundings(environment);
  const [, seenNode, seenScheduler] = /^(\S*) (\S*)(?: .*)?$/.exec(environment["MLRUN_SEEN"] ?? "") ?? [];
  const isSubmitted = seenNode !== undefined && now.scheduler !== undefined && now.scheduler !== seenScheduler;
  const around: Environment = isSubmitted ? {} : environment;
  const named = job ?? setting(around, "MLRUN_JOB")?.slice(0, WIRE_LIMITS.maxJobCharacters) ?? now.job ?? x;
  const launch = run ?? parseRunId(around["MLRUN_RUN"]) ?? now.run;
  const parent = seenNode === node ? parseExecutionId(around["MLRUN_ID"]) : undefined;
  return {
    job: named,
    launch: {
      ...(launch === undefined ? {} : { run: launch }),
      ...(parent === undefined ? {} : { parent }),
    },
    restarts: now.restarts,
    variables: {
      MLRUN_ID: x,
      MLRUN_JOB: named,
      MLRUN_RUN: launch ?? x,
      MLRUN_SEEN: `${node} ${now.scheduler ?? ""} `,
      // The pipes of an enclosing mlrun would pass for this one's.
      MLRUN_PIPES: " ",
    },
  };
}
