import { setImmediate as nextTurn } from "node:timers/promises";
import { executionOf } from "../../orders/execution-of.ts";
import type { PublishedCommand } from "../../wire/fleet/published-command.ts";
import { parseRunDetails, type RunOnNode, type RunView } from "../../wire/fleet/run-view.ts";
import { userAndName } from "../../wire/fleet/service-name.ts";
import { PAUSED } from "./batches.ts";
import type { OutboxDb, ShownRow, TargetRow } from "./outbox-db.ts";
import type { PublishedDb } from "./published-db.ts";
import type { Transaction } from "./transaction.ts";
import { Watchers } from "./watchers.ts";

/** Nodes shown in one turn: each takes some 20 us, most of it for its execution's id, and all else of the fleet waits meanwhile. */
const NODES_A_TURN = 128;
/** Followers of a run on more nodes get fewer states, so that a large run takes no more of the processor than others. */
const NODES_A_PACE = 500;
/** Length after which a page ends. A command has up to 190 KiB of words, and a run on 4,000 nodes takes 640 KiB of JSON. */
const MAX_PAGE_CHARACTERS = 1_048_576;
const CHARACTERS_OF_NODE = 160;

/** Runs, newest first. */
export interface RunsPage {
  readonly runs: readonly RunView[];
  /** The `before` of the following page; null: there are no more. */
  readonly next: string | null;
}

interface RunViewsOptions {
  readonly db: Pick<OutboxDb, "run" | "runBefore" | "targets"> & {
    readonly published: Pick<PublishedDb, "running">;
    readonly transaction: Pick<Transaction, "ended">;
  };
  /** Calls once after a time; returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn?: () => Promise<unknown>;
}

/**
 * Users' views of their runs, from the disk. Each view shows one moment, even if it takes several turns of the event
 * loop to make.
 */
export class RunViews {
  readonly #db: RunViewsOptions["db"];
  readonly #watchers: Watchers<RunView>;
  readonly #nextTurn: () => Promise<unknown>;

  constructor({ db, after, nextTurn: later = () => nextTurn() }: RunViewsOptions) {
    this.#db = db;
    this.#watchers = new Watchers({
      after,
      read: async (owner, run) => {
        const view = await this.one(owner, run);
        if (view === undefined) return undefined;
        return { value: view, isLast: view.isDone, pace: Math.max(1, Math.ceil(view.nodes.length / NODES_A_PACE)) };
      },
    });
    this.#nextTurn = later;
  }

  async one(owner: string, run: string): Promise<RunView | undefined> {
    await this.#db.transaction.ended();
    const row = this.#db.run(owner, run);
    return row === undefined ? undefined : this.#viewOf(row);
  }

  /** At most `limit` runs, fewer if they are large, but at least one if there is any. */
  async page(owner: string, { before, limit }: { before: string; limit: number }): Promise<RunsPage> {
    const runs: RunView[] = [];
    let next = before;
    let nodes = 0;
    for (let characters = 0; runs.length < limit && characters < MAX_PAGE_CHARACTERS; ) {
      await this.#db.transaction.ended();
      const row = this.#db.runBefore(owner, next);
      if (row === undefined) return { runs, next: null };
      if (nodes >= NODES_A_TURN) {
        await this.#nextTurn();
        nodes = 0;
        continue;
      }
      const view = await this.#viewOf(row);
      nodes += view.nodes.length;
      characters += row.argv.length + row.details.length + CHARACTERS_OF_NODE * view.nodes.length;
      runs.push(view);
      next = row.run;
    }
    return { runs, next };
  }

  /** The run now and after each change, until it is done or `signal` aborts. All followers of a run get the same objects. */
  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<RunView> {
    return this.#watchers.follow({ owner, run, signal });
  }

  /** Running commands that have published this name, the oldest ones. */
  commandsOf(service: string): readonly PublishedCommand[] {
    const [owner, name] = userAndName(service);
    const running = owner === "" ? [] : this.#db.published.running({ owner, name });
    return running.map(({ run, node, at }) => ({ node, owner, run, x: executionOf(run, node), sinceMs: at }));
  }

  changed(owner: string, run: string): void {
    this.#watchers.changed(owner, run);
  }

  /** Ends all followers. */
  close(): void {
    this.#watchers.close();
  }

  async #viewOf({ owner, run, job, argv, via, issued, expires, details }: ShownRow): Promise<RunView> {
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
