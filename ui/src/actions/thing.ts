import { startOfRun } from "../runs/run-name.tsx";
import { actions } from "../texts/en/actions.ts";

/** The subject of an action: one execution, one run of a job, or a whole job. */
export type Thing =
  | { readonly x: string; readonly node: string; readonly owner: string }
  | {
      readonly job: string;
      readonly run?: string | undefined;
      /** When the run began, if known. */
      readonly startedAt?: string | undefined;
      readonly owner: string;
    };

/** "run R of the job train": what a confirmation names. */
export function thingWords(thing: Thing): string {
  if ("x" in thing) return actions.execution(thing.x, thing.node);
  const { job, run, startedAt } = thing;
  if (run === undefined) return actions.job(job);
  const start = startedAt === undefined ? undefined : startOfRun({ run, startedAt });
  return start === undefined ? actions.run(run, job) : actions.runOf(start, job);
}

/** Whether a hold, a share or a wish is on exactly this. `what` without an owner means the same owner. */
export function isOn(
  thing: Thing,
  what: {
    readonly owner?: string | undefined;
    readonly x?: string | undefined;
    readonly node?: string | undefined;
    readonly job?: string | undefined;
    readonly run?: string | undefined;
  },
): boolean {
  if (what.owner !== undefined && what.owner !== thing.owner) return false;
  if ("x" in thing) return what.x === thing.x && (what.node === undefined || what.node === thing.node);
  return what.x === undefined && what.job === thing.job && what.run === thing.run;
}
