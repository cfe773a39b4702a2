import type { Execution } from "../../../src/wire/api.ts";
import { keyOfRun } from "../runs/run-counts.ts";

/** The executions of one run that the list holds. */
export interface RunGroup {
  readonly key: string;
  readonly job: string;
  readonly run: string;
  readonly owner: string;
  /** Newest first. */
  readonly executions: readonly Execution[];
}

/** Groups a list sorted newest first; a group takes the place of its newest execution. */
export function groupRuns(executions: readonly Execution[]): readonly RunGroup[] {
  const groups = new Map<string, Execution[]>();
  for (const execution of executions) {
    const key = keyOfRun(execution);
    const members = groups.get(key);
    if (members === undefined) groups.set(key, [execution]);
    else members.push(execution);
  }
  return Array.from(groups, ([key, members]) => {
    const { job = "", run = "", owner = "" } = members[0] ?? {};
    return { key, job, run, owner, executions: members };
  });
}
