import type { Execution, LineRange } from "../../src/wire/api.ts";
import type { StreamLooks } from "../../src/wire/stream-looks.ts";
import type { LogLine } from "../../ui/src/api-parse.ts";

/** The default id of every execution made here: they differ by node and owner. */
export const X = "01JC0000000000000000000000";

/** An execution as the collector has stored it. */
export class Stored {
  readonly node: string;
  readonly owner: string;
  x = X;
  readonly startedAtUs: number;
  lastN: number;
  missing: LineRange[] = [];
  /** The look that the lines before `n` left on; null: not known yet. */
  looks: (n: number) => StreamLooks | null = () => ({ stdout: "", stderr: "" });

  constructor(node: string, lastN: number, startedAtUs = 0, owner = "alice") {
    this.node = node;
    this.owner = owner;
    this.lastN = lastN;
    this.startedAtUs = startedAtUs;
  }

  time(n: number): string {
    return new Date(1_800_000_000_000 + this.startedAtUs / 1_000 + n).toISOString().replace("Z", "000Z");
  }

  lines(from: number, limit: number): LogLine[] {
    const found: LogLine[] = [];
    for (let n = from; n <= this.lastN && found.length < limit; n += 1) {
      if (this.missing.some(([first, last]) => n >= first && n <= last)) continue;
      found.push({ n, time: this.time(n), stderr: false, text: `line ${n}`, fragment: false });
    }
    return found;
  }

  summary(): Execution {
    const gone = this.missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const words = { job: "job", run: "1", node: this.node, owner: this.owner, command: "a", argv: ["a"], labels: {} };
    const state = { state: "running", delivery: "receiving", code: null, signal: null, endedAt: null } as const;
    const counts = { lines: this.lastN - gone, bytes: 0, lastN: this.lastN, thinned: 0, dropped: 0 };
    return { x: this.x, ...words, ...state, startedAt: this.time(0), ...counts, missing: [...this.missing] };
  }
}
