import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import { followAgainMs } from "../api/follow-again.ts";
import type { FleetClient } from "./fleet-client.ts";

/** Runs that come into view within this time are requested together. */
const GATHER_MS = 20;
/** Most runs in one request, as the collector allows; others wait until some have ended. */
const MOST_AT_ONCE = 64;

interface FollowedRunsOptions {
  readonly owner: string;
  readonly client: Pick<FleetClient, "followRuns">;
  /** Calls once after a time; returns a function that cancels it. */
  readonly after: (act: () => void, afterMs: number) => () => void;
}

/**
 * The states of a user's runs, as many as a page shows, over one connection: browsers open only six to a collector, and
 * one per run would block everything else.
 */
export class FollowedRuns {
  readonly #options: FollowedRunsOptions;
  readonly #wanted = new Map<string, Set<(view: RunView) => void>>();
  #connection = new AbortController();
  #callOff = (): void => undefined;

  constructor(options: FollowedRunsOptions) {
    this.#options = options;
  }

  /** Whether no run is being followed. */
  get isIdle(): boolean {
    return this.#wanted.size === 0;
  }

  /** Calls with the run's state, now and at every change, to its end. Returns a function that stops this. */
  follow(run: string, onView: (view: RunView) => void): () => void {
    const all = this.#wanted.get(run) ?? new Set();
    this.#wanted.set(run, all.add(onView));
    this.#connectAfter(GATHER_MS);
    return () => {
      all.delete(onView);
      if (all.size > 0 || this.#wanted.get(run) !== all) return;
      this.#wanted.delete(run);
      if (this.#wanted.size === 0) this.#disconnect();
    };
  }

  #disconnect(): void {
    this.#callOff();
    this.#connection.abort();
  }

  #connectAfter(afterMs: number): void {
    this.#callOff();
    this.#callOff = this.#options.after(() => void this.#connect(), afterMs);
  }

  async #connect(): Promise<void> {
    const { owner, client } = this.#options;
    this.#connection.abort();
    const connection = new AbortController();
    this.#connection = connection;
    const runs = [...this.#wanted.keys()].slice(0, MOST_AT_ONCE);
    if (runs.length === 0) return;
    const seen = new Set<string>();
    const onView = (view: RunView): void => {
      seen.add(view.run);
      const all = this.#wanted.get(view.run) ?? [];
      if (view.isDone) this.#wanted.delete(view.run);
      for (const tell of all) tell(view);
      // Another run has been waiting for a place.
      if (view.isDone && this.#wanted.size >= MOST_AT_ONCE) this.#connectAfter(GATHER_MS);
    };
    const answer = await client.followRuns({ runs, owner }, { onView, signal: connection.signal });
    if (connection.signal.aborted) return;
    // The collector does not know these runs.
    for (const run of answer.ok ? runs : []) if (!seen.has(run)) this.#wanted.delete(run);
    const afterMs = followAgainMs(answer);
    if (this.#wanted.size > 0 && afterMs !== undefined) this.#connectAfter(afterMs);
  }
}
