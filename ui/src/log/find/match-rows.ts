import { type ExecutionKey, keyOf } from "../../execution-key.ts";
import { forEachOf } from "../feed/for-each-of.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import { makeRow } from "../feed/make-row.ts";
import { compareRows, type RowOrder } from "../feed/row-order.ts";
import type { Match } from "./match.ts";

/** Concurrent requests for executions that only the search knows. */
const KNOW_AT_ONCE = 6;

/** The log that the matches belong to. */
export interface WholeLog {
  readonly order: RowOrder;
  readonly sources: readonly LogSource[];
  readonly isLive: boolean;
  /** Adds an execution that only the search knows. */
  know(key: ExecutionKey): Promise<void>;
}

/** Matches as rows, in the log's order, each once. */
export class MatchRows {
  readonly #log: WholeLog;
  #rows: LogRow[] = [];

  constructor(log: WholeLog) {
    this.#log = log;
  }

  get all(): readonly LogRow[] {
    return this.#rows;
  }

  /** Replaces all rows by these matches. */
  async replace(matches: readonly Match[]): Promise<void> {
    await this.#knowAll(matches);
    this.#rows = [];
    this.#put(matches);
  }

  /** Returns how many are new. */
  async add(matches: readonly Match[]): Promise<number> {
    await this.#knowAll(matches);
    return this.#put(matches);
  }

  /** Drops rows at one end, down to `most`. Returns whether it had to. */
  trim(end: "start" | "end", most: number): boolean {
    const count = this.#rows.length - most;
    if (count <= 0) return false;
    this.#rows.splice(end === "start" ? 0 : this.#rows.length - count, count);
    return true;
  }

  #put(matches: readonly Match[]): number {
    const before = this.#rows.length;
    const sources = this.#byKey;
    const held = new Set(this.#rows.map(({ source, n }) => `${source} ${n}`));
    for (const match of matches) {
      const source = sources.get(keyOf(match));
      if (source === undefined || held.has(`${source.index} ${match.n}`)) continue;
      const [line] = source.corrected([{ ...match, fragment: false }]);
      if (line === undefined) continue;
      this.#rows.push({ ...makeRow(line, source.index), to: match.lastN, found: match.found, cut: match.cut });
    }
    this.#rows.sort(compareRows(this.#log.order));
    return this.#rows.length - before;
  }

  async #knowAll(matches: readonly Match[]): Promise<void> {
    const unknown = new Map<string, ExecutionKey>();
    const sources = this.#byKey;
    for (const match of matches) if (!sources.has(keyOf(match))) unknown.set(keyOf(match), match);
    await forEachOf([...unknown.values()], KNOW_AT_ONCE, (key) => this.#log.know(key));
  }

  get #byKey(): ReadonlyMap<string, LogSource> {
    return new Map(this.#log.sources.map((source) => [keyOf(source.execution), source]));
  }
}
