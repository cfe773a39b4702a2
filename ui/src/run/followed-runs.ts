import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import { followAgainMs } from "../api/follow-again.ts";
import type { FleetClient } from "./fleet-client.ts";

/** Runs that come into view together are asked for together. */
const GATHER_MS = 20;
/** Of one request, as the collector takes them; others wait until some of these have ended. */
const MOST_AT_ONCE = 64;

interface FollowedRunsOptions {
  readonly owner: string;
  readonly client: Pick<FleetClient, "followRuns">;
  /** Calls once after a time; returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
}

/**
 * The states of a user's runs, as many as a page shows, over one connection: browsers open six to a collector, and nothing
 * else would come through if each run had its own.
 */
export class FollowedRuns {
  readonly #options: FollowedRunsOptions;
  readonly #wanted = new Map<string, Set<(view: RunView) => void>>();
  #connection = new AbortController();
  #callOff = (): void => undefined;

  constructor(options: FollowedRunsOptions) {
    this.#options = options;
  }

  /** Nobody waits for a state. */
  get isIdle(): boolean {
    return this.#wanted.size === 0;
  }

  /** Calls with the run's state, now and whenever it changes, to its end. Returns how to end that before. */
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
      // Another one has been waiting for its place.
      if (view.isDone && this.#wanted.size >= MOST_AT_ONCE) this.#connectAfter(GATHER_MS);
    };
    const answer = await client.followRuns({ runs, owner }, { onView, signal: connection.signal });
    if (connection.signal.aborted) return;
    // Of these the collector knows nothing.
    for (const run of answer.ok ? runs : []) if (!seen.has(run)) this.#wanted.delete(run);
    const afterMs = followAgainMs(answer);
    if (this.#wanted.size > 0 && afterMs !== undefined) this.#connectAfter(afterMs);
  }
}
