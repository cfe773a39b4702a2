import { executionOf } from "../../orders/execution-of.ts";
import { parseRunDetails, type RunView } from "../../wire/fleet/run-view.ts";
import { PAUSED } from "./batches.ts";
import type { OutboxDb, RunRow } from "./outbox-db.ts";
import { Watchers } from "./watchers.ts";

/** What users see of their runs. */
export class RunViews {
  readonly #db: OutboxDb;
  readonly #watchers: Watchers;

  /** @param after calls once after a time; returns how to call that off */
  constructor(db: OutboxDb, after: (act: () => void, afterMs: number) => () => void) {
    this.#db = db;
    this.#watchers = new Watchers(after);
  }

  one(owner: string, run: string): RunView | undefined {
    const row = this.#db.run(owner, run);
    return row === undefined ? undefined : this.#viewOf(row);
  }

  /** Newest first. */
  page(owner: string, page: { before: string; limit: number }): readonly RunView[] {
    return this.#db.runs(owner, page).map((row) => this.#viewOf(row));
  }

  /** The run now and after each change, until it is done or `signal` ends it. */
  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<RunView> {
    return this.#watchers.follow({ owner, run, signal }, () => {
      const view = this.one(owner, run);
      return view === undefined ? undefined : { value: view, isLast: view.isDone };
    });
  }

  changed(owner: string, run: string): void {
    this.#watchers.changed(owner, run);
  }

  /** Ends all that follow. */
  close(): void {
    this.#watchers.close();
  }

  #viewOf({ owner, run, job, argv, via, issued, expires, details }: RunRow): RunView {
    const rows = this.#db.targets(owner, run);
    return {
      run,
      owner,
      job,
      argv: JSON.parse(argv),
      via,
      issuedMs: issued,
      expiresMs: expires,
      isDone: rows.every(({ final }) => final === 1),
      isPaused: rows.some(({ state, why }) => state === "held" && why === PAUSED),
      details: parseRunDetails(JSON.parse(details)),
      nodes: rows.map(({ node, state, why, text, code, signal, by, at }) => {
        return { node, x: executionOf(run, node), state, why, text, code, signal, by, atMs: at };
      }),
    };
  }
}
