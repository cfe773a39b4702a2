import type Database from "better-sqlite3";
import type { RunState } from "../../wire/fleet/states.ts";
import type { Transaction } from "./transaction.ts";

/** Limit of one user's stored runs: 5,000 on 1,000 nodes each, or 100,000 on one. */
const MAX_BYTES_OF_USER = 2 ** 30;
/** Size of a run with its index entries, and of each of its nodes, without their texts. */
const BYTES_OF_RUN = 10_240;
const BYTES_OF_NODE = 200;
/** Nodes removed in one step: each takes some 5 us, and all else of the fleet waits meanwhile. */
const MAX_NODES_A_STEP = 4_000;

interface KeptRunsOptions {
  /** The transaction in which the counts change. */
  readonly transaction: Pick<Transaction, "onRollback">;
  /** A parameter for tests; undefined: 1 GiB. */
  readonly maxBytesOfUser: number | undefined;
}

/**
 * Counts stored runs, by user and by state, and removes old ones. The counts are in memory, because SQLite would walk millions of
 * rows for them.
 */
export class KeptRuns {
  readonly #statements: ReturnType<typeof prepared>;
  readonly #transaction: Pick<Transaction, "onRollback">;
  readonly #maxBytesOfUser: number;
  readonly #bytes = new Map<string, number>();
  readonly #states = new Map<RunState, number>();

  /** @param db of the outbox, which has made the tables, and closes it */
  constructor(db: Database.Database, { transaction, maxBytesOfUser = MAX_BYTES_OF_USER }: KeptRunsOptions) {
    this.#statements = prepared(db);
    this.#transaction = transaction;
    this.#maxBytesOfUser = maxBytesOfUser;
    const { ofUsers, ofNodes, states } = this.#statements;
    for (const { owner, bytes } of ofUsers.all() as OfUser[]) add(this.#bytes, owner, bytes);
    for (const { owner, bytes } of ofNodes.all() as OfUser[]) add(this.#bytes, owner, bytes);
    for (const { state, n } of states.all() as { state: RunState; n: number }[]) add(this.#states, state, n);
  }

  /** Counts a new run, with the characters of its texts. */
  addedRun(owner: string, characters: number): void {
    this.#count(this.#bytes, owner, BYTES_OF_RUN + characters);
  }

  /** Counts new nodes of a run in a state. */
  addedNodes(owner: string, state: RunState, count: number): void {
    this.#count(this.#bytes, owner, BYTES_OF_NODE * count);
    this.#count(this.#states, state, count);
  }

  moved(from: RunState, to: RunState): void {
    this.#count(this.#states, from, -1);
    this.#count(this.#states, to, 1);
  }

  /** Number of runs on nodes in each state. */
  get states(): ReadonlyMap<string, number> {
    return this.#states;
  }

  /**
   * Call it inside a commit. Whether there is room for another run, with the characters of its texts. To make room, removes
   * runs of this user in the order of expiry, if they have ended and no signed order can start them again; `gone` is their number.
   */
  makeRoom(
    owner: string,
    { characters, nodes, nowMs }: { readonly characters: number; readonly nodes: number; readonly nowMs: number },
  ): { readonly hasRoom: boolean; readonly gone: number } {
    const bytes = BYTES_OF_RUN + characters + BYTES_OF_NODE * nodes;
    const hasRoom = () => (this.#bytes.get(owner) ?? 0) + bytes <= this.#maxBytesOfUser;
    const gone = hasRoom() ? 0 : this.#remove(hasRoom, () => this.#statements.firstOfUser.get(owner, nowMs));
    return { hasRoom: hasRoom(), gone };
  }

  /** Call it inside a commit. Removes some of the ended runs that were ordered before then. Call it again for the rest. */
  prune(beforeMs: number): void {
    this.#remove(
      () => false,
      () => this.#statements.first.get(beforeMs),
    );
  }

  #remove(isEnough: () => boolean, next: () => unknown): number {
    const { removeNodes, removeParts, removeRun } = this.#statements;
    let removed = 0;
    for (let nodes = 0; nodes < MAX_NODES_A_STEP && !isEnough(); removed += 1) {
      const found = next() as { readonly owner: string; readonly run: string } | undefined;
      if (found === undefined) break;
      const { owner, run } = found;
      const states = removeNodes.all(owner, run) as { state: RunState }[];
      for (const { state } of states) this.#count(this.#states, state, -1);
      removeParts.run(owner, run);
      const [of] = removeRun.all(owner, run) as { characters: number }[];
      const bytes = BYTES_OF_RUN + (of?.characters ?? 0) + BYTES_OF_NODE * states.length;
      this.#count(this.#bytes, owner, -bytes);
      nodes += 1 + states.length;
    }
    return removed;
  }

  #count<K>(counts: Map<K, number>, key: K, by: number): void {
    const before = counts.get(key);
    add(counts, key, by);
    this.#transaction.onRollback(() => (before === undefined ? counts.delete(key) : counts.set(key, before)));
  }
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  const after = (counts.get(key) ?? 0) + by;
  if (after > 0) counts.set(key, after);
  else counts.delete(key);
}

interface OfUser {
  readonly owner: string;
  readonly bytes: number;
}

function prepared(db: Database.Database) {
  db.exec("CREATE INDEX IF NOT EXISTS runs_of_user_by_end ON runs (owner, expires)");
  const hasEnded =
    "NOT EXISTS (SELECT 1 FROM targets t WHERE t.owner = runs.owner AND t.run = runs.run AND t.final = 0)";
  return {
    ofUsers: db.prepare(`SELECT owner, sum(${BYTES_OF_RUN} + ${CHARACTERS}) AS bytes FROM runs GROUP BY owner`),
    ofNodes: db.prepare(`SELECT owner, ${BYTES_OF_NODE} * count(*) AS bytes FROM targets GROUP BY owner`),
    states: db.prepare("SELECT state, count(*) AS n FROM targets GROUP BY state"),
    first: db.prepare(`SELECT owner, run FROM runs WHERE issued < ? AND ${hasEnded} ORDER BY issued LIMIT 1`),
    firstOfUser: db.prepare(`SELECT owner, run FROM runs WHERE owner = ? AND expires < ? AND ${hasEnded}
      ORDER BY expires LIMIT 1`),
    removeNodes: db.prepare("DELETE FROM targets WHERE owner = ? AND run = ? RETURNING state"),
    removeParts: db.prepare("DELETE FROM parts WHERE owner = ? AND run = ?"),
    removeRun: db.prepare(`DELETE FROM runs WHERE owner = ? AND run = ? RETURNING ${CHARACTERS} AS characters`),
  };
}

/** SQL for the characters of a run's texts. */
export const CHARACTERS = "length(argv) + length(details)";
