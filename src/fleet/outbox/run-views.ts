import { setImmediate as nextTurn } from "node:timers/promises";
import { executionOf } from "../../orders/execution-of.ts";
import { parseRunDetails, type RunOnNode, type RunView } from "../../wire/fleet/run-view.ts";
import { PAUSED } from "./batches.ts";
import type { OutboxDb, RunRow, TargetRow } from "./outbox-db.ts";
import { Watchers } from "./watchers.ts";

/** Each takes some 20 us, most of it for the digest in its execution's id, and lines of jobs wait meanwhile. */
const NODES_A_TURN = 128;

interface RunViewsOptions {
  readonly db: Pick<OutboxDb, "run" | "runs" | "targets">;
  /** Calls once after a time; returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn?: () => Promise<unknown>;
}

/** What users see of their runs. Each view shows one moment, even if it takes several turns of the event loop to make. */
export class RunViews {
  readonly #db: RunViewsOptions["db"];
  readonly #watchers: Watchers;
  readonly #nextTurn: () => Promise<unknown>;

  constructor({ db, after, nextTurn: later = () => nextTurn() }: RunViewsOptions) {
    this.#db = db;
    this.#watchers = new Watchers(after);
    this.#nextTurn = later;
  }

  async one(owner: string, run: string): Promise<RunView | undefined> {
    const row = this.#db.run(owner, run);
    return row === undefined ? undefined : this.#viewOf(row);
  }

  /** Newest first. */
  async page(owner: string, page: { before: string; limit: number }): Promise<readonly RunView[]> {
    const views: RunView[] = [];
    let nodes = 0;
    for (const row of this.#db.runs(owner, page)) {
      if (nodes >= NODES_A_TURN) {
        await this.#nextTurn();
        nodes = 0;
      }
      const view = await this.#viewOf(row);
      nodes += view.nodes.length;
      views.push(view);
    }
    return views;
  }

  /** The run now and after each change, until it is done or `signal` ends it. */
  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<RunView> {
    return this.#watchers.follow({ owner, run, signal }, async () => {
      const view = await this.one(owner, run);
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

  async #viewOf({ owner, run, job, argv, via, issued, expires, details }: RunRow): Promise<RunView> {
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
      nodes: await this.#onNodes(rows),
    };
  }

  async #onNodes(rows: readonly TargetRow[]): Promise<readonly RunOnNode[]> {
    const nodes: RunOnNode[] = [];
    for (const { run, node, state, why, text, code, signal, by, at } of rows) {
      if (nodes.length > 0 && nodes.length % NODES_A_TURN === 0) await this.#nextTurn();
      nodes.push({ node, x: executionOf(run, node), state, why, text, code, signal, by, atMs: at });
    }
    return nodes;
  }
}
