import { actions } from "../texts/en/actions.ts";

/** What is acted on: one execution, one run of a job, or all of a job. */
export type Thing =
  | { readonly x: string; readonly node: string; readonly owner: string }
  | { readonly job: string; readonly run?: string | undefined; readonly owner: string };

/** "run R of the job train": what a confirmation names. */
export function thingWords(thing: Thing): string {
  if ("x" in thing) return actions.execution(thing.x, thing.node);
  return thing.run === undefined ? actions.job(thing.job) : actions.run(thing.run, thing.job);
}

/** Whether a hold, a share or a wish is on exactly this. `what` without an owner: it is of the same one. */
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
