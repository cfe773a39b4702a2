import type { LoopTurns } from "../../host/loop-turns.ts";
import type { Loading } from "../execution/load-execution.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";

export type Loaded = StoredExecution | undefined;

/** Most of a turn of the event loop that one load may take. */
const TURN_MS = 4;

/** Makes some steps of a load. */
export function loadSome(steps: Loading, count: number): IteratorResult<undefined, Loaded> {
  for (let i = 1; i < count; i += 1) {
    const step = steps.next();
    if (step.done === true) return step;
  }
  return steps.next();
}

interface InTurns {
  readonly turns: Pick<LoopTurns, "run">;
  readonly isStopped: () => boolean;
  /** Steady. */
  readonly nowMs?: () => number;
}

/** The collector stopped during a load: nothing is known of the execution. */
export class LoadStoppedError extends Error {
  readonly code = "ML_LOAD_STOPPED";

  constructor() {
    super("Cannot load: the collector stops");
  }
}

/** Makes all remaining steps of a load beside the live work. Rejects with a LoadStoppedError if it is stopped. */
export async function loadInTurns(
  steps: Loading,
  { turns, isStopped, nowMs = () => performance.now() }: InTurns,
): Promise<Loaded> {
  for (;;) {
    const step = await turns.run(async () => {
      if (isStopped()) {
        steps.return(undefined);
        throw new LoadStoppedError();
      }
      const untilMs = nowMs() + TURN_MS;
      let step = steps.next();
      while (step.done !== true && nowMs() < untilMs) step = steps.next();
      return step;
    });
    if (step.done === true) return step.value;
  }
}
