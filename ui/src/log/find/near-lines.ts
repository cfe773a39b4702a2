import type { ApiClient } from "../../api-client.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import { makeRow } from "../feed/make-row.ts";

/** Lines shown before and after a match. */
const NEAR_LINES = 5;
/** Most matches with open neighbours; beyond that the oldest closes. */
const MAX_SHOWN = 50;

/** The lines around matches that the reader has opened. */
export class NearLines {
  readonly #api: Pick<ApiClient, "lines">;
  readonly #onChange: () => void;
  changes = 0;
  readonly #shown = new Map<string, readonly LogRow[]>();

  constructor(api: Pick<ApiClient, "lines">, onChange: () => void) {
    this.#api = api;
    this.#onChange = onChange;
  }

  isShown(row: LogRow): boolean {
    return this.#shown.has(keyOf(row));
  }

  async toggle(row: LogRow, source: LogSource): Promise<void> {
    const key = keyOf(row);
    if (this.#shown.delete(key)) return this.#changed();
    const from = Math.max(1, row.n - NEAR_LINES);
    const page = await this.#api.lines(source.execution, { from, limit: row.to + NEAR_LINES - from + 1 });
    if (!page.ok) return;
    const around = page.value.lines.filter(({ n }) => n <= row.to + NEAR_LINES);
    const rows = source.corrected(around).map((line) => ({ ...makeRow(line, source.index), isNear: true as const }));
    this.#shown.set(key, rows);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > MAX_SHOWN && oldest !== undefined) this.#shown.delete(oldest);
    this.#changed();
  }

  #changed(): void {
    this.changes += 1;
    this.#onChange();
  }

  /** Matches and the lines around them, each line once. */
  among(matches: readonly LogRow[], compare: (a: LogRow, b: LogRow) => number): readonly LogRow[] {
    if (this.#shown.size === 0) return matches;
    const rows = [...matches];
    const held = new Set(matches.flatMap((row) => numbersOf(row)));
    for (const row of [...this.#shown.values()].flat()) {
      if (held.has(keyOf(row))) continue;
      held.add(keyOf(row));
      rows.push(row);
    }
    return rows.sort(compare);
  }
}

function numbersOf(row: LogRow): string[] {
  return Array.from({ length: Math.min(1_000, row.to - row.n + 1) }, (_, at) => keyOf({ ...row, n: row.n + at }));
}

function keyOf({ source, n }: Pick<LogRow, "source" | "n">): string {
  return `${source} ${n}`;
}
