import type { AnyRecord, Sidecar } from "./sidecar.ts";

/** Smaller changes come from the delay of reports, not from the clock. */
const LEAST_CHANGE_MS = 50;
/** Most changes in the sidecar of one execution: a clock that is set again and again must not fill it. */
const MAX_CHANGES = 16;

/**
 * How far the clock of an execution's node is behind the collector's, as last known while it ran. Each change is in the
 * sidecar before it counts; throws file system errors, and then has changed nothing.
 */
export class NodeClock {
  readonly #sidecar: Pick<Sidecar, "append">;
  #behindMs: number | undefined;
  #changes = 0;

  constructor(sidecar: Pick<Sidecar, "append">, behindMs: number | undefined) {
    this.#sidecar = sidecar;
    this.#behindMs = behindMs;
  }

  /** Milliseconds; undefined if unknown or zero. */
  get behindMs(): number | undefined {
    return this.#behindMs === 0 ? undefined : this.#behindMs;
  }

  /** Returns whether anything changed. @param behindMs Undefined: not known at the moment. */
  note(behindMs: number | undefined): boolean {
    if (behindMs === undefined || this.#changes >= MAX_CHANGES) return false;
    if (Math.abs(behindMs - (this.#behindMs ?? 0)) < LEAST_CHANGE_MS) return false;
    this.#sidecar.append({ t: "clock", behindMs });
    this.#behindMs = behindMs;
    this.#changes += 1;
    return true;
  }

  restore({ t, members }: AnyRecord): void {
    const { behindMs } = members;
    if (t !== "clock" || typeof behindMs !== "number" || !Number.isSafeInteger(behindMs)) return;
    this.#behindMs = behindMs;
    this.#changes += 1;
  }
}
