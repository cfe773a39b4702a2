import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { asTime } from "../../wire/time.ts";
import { type OpenedRun, type RunIndex, type RunName, seatOf } from "../index/run-index.ts";

/** A launch is over when none of its executions has run for this long; what starts later is a new one. */
const LAUNCH_ENDS_AFTER_MS = 600_000;
/** Executions of one launch start within this time; their BEGINs may arrive in any order. */
const STARTS_WITHIN_MS = 60_000;
/** Executions of one seat that start within this time run in parallel, whichever arrives first. */
const BESIDE_WITHIN_MS = 2_000;

/** An execution whose run is wanted. */
interface Launched {
  readonly owner: string;
  readonly job: string;
  readonly x: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startedAt: string;
  /** The run that its BEGIN names. */
  readonly run?: string;
}

interface RunChoiceOptions {
  readonly runs: RunIndex;
  /** The end of an execution as its files have it, if it is in memory: the index may be seconds old. Empty: it runs. */
  readonly overAt: (identity: SlotIdentity) => string | undefined;
}

/**
 * Chooses the run of a new execution: the launch that its BEGIN names, or else one that the collector opens. An opened
 * run is called after the execution for which it was opened.
 *
 * It decides by when commands started and ended, not by when their BEGINs arrived: those may come late. The choice is
 * stored with the execution and never changes.
 */
export class RunChoice {
  readonly #options: RunChoiceOptions;

  constructor(options: RunChoiceOptions) {
    this.#options = options;
  }

  of(launched: Launched): string {
    const { runs } = this.#options;
    const { owner, job, x, run } = launched;
    // An execution's id names the run of an enclosing mlrun's execution, which may have been opened for another.
    if (run !== undefined) return (parseExecutionId(run) && runs.runOf(owner, job, run)) ?? run;
    // Executions inside this one came first and opened its run.
    if (runs.has({ owner, job, run: x })) return x;
    return this.#opened(launched)?.run ?? x;
  }

  #opened(launched: Launched): OpenedRun | undefined {
    const { runs } = this.#options;
    const { owner, job, startedAt } = launched;
    const before = runs.openedBefore(owner, job, startedAt);
    if (before !== undefined && isGoingOn(before, startedAt) && this.#isFree(before, launched)) return before;
    const after = runs.openedAfter({ owner, job }, startedAt, plus(startedAt, STARTS_WITHIN_MS));
    return after !== undefined && this.#isFree(after, launched) ? after : undefined;
  }

  /** Whether this execution's seat is free: the same rank on the same node starts again only in a new launch. */
  #isFree({ run }: OpenedRun, launched: Launched): boolean {
    const { runs, overAt } = this.#options;
    const { owner, job, startedAt } = launched;
    const name: RunName = { owner, job, run };
    const seat = seatOf(launched);
    if (runs.isTakenAfter(name, seat, plus(startedAt, BESIDE_WITHIN_MS))) return false;
    const last = runs.lastAt(name, seat, startedAt);
    if (last === undefined) return true;
    const endedAt = overAt(last) ?? last.overAt;
    return endedAt === "" || endedAt > startedAt;
  }
}

function isGoingOn({ running, lastAt }: OpenedRun, startedAt: string): boolean {
  return running > 0 || startedAt <= plus(lastAt, LAUNCH_ENDS_AFTER_MS);
}

function plus(time: string, ms: number): string {
  return asTime(Date.parse(time) + ms);
}
