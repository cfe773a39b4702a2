import type { Execution } from "../../../src/wire/api.ts";

/** The executions of one owner's job that the list holds. */
export interface JobGroup {
  readonly key: string;
  readonly job: string;
  readonly owner: string;
  /** Newest first. */
  readonly executions: readonly Execution[];
  readonly running: number;
  readonly failed: number;
  readonly finished: number;
  readonly lost: number;
}

/** Groups a list sorted newest first; a group takes the place of its newest execution. */
export function groupJobs(executions: readonly Execution[]): readonly JobGroup[] {
  const byOwner = new Map<string, Map<string, Execution[]>>();
  const groups: { owner: string; job: string; members: Execution[] }[] = [];
  for (const execution of executions) {
    const { owner, job } = execution;
    const jobs = byOwner.get(owner) ?? new Map<string, Execution[]>();
    byOwner.set(owner, jobs);
    const members = jobs.get(job);
    if (members !== undefined) {
      members.push(execution);
    } else {
      const first = [execution];
      jobs.set(job, first);
      groups.push({ owner, job, members: first });
    }
  }
  return groups.map(({ owner, job, members }) => ({
    key: JSON.stringify([owner, job]),
    job,
    owner,
    executions: members,
    running: count(members, "running"),
    failed: count(members, "failed"),
    finished: count(members, "finished"),
    lost: count(members, "lost"),
  }));
}

function count(executions: readonly Execution[], state: Execution["state"]): number {
  return executions.filter((each) => each.state === state).length;
}
