import { formatTimestamp } from "../../src/frame/timestamp.ts";
import type { Execution, LineRange } from "../../src/wire/api.ts";
import type { StreamName } from "../../src/wire/stream-name.ts";

/** A line of a made-up execution: bytes as printed, without the LF. */
export interface MockLine {
  readonly stream: StreamName;
  readonly bytes: Buffer;
  readonly fragment: boolean;
}

export interface MockExecutionOptions {
  readonly x: string;
  readonly node: string;
  /** "alice" by default. */
  readonly owner?: string;
  readonly argv: readonly string[];
  readonly startedAtMs: number;
  readonly job?: string;
  /** "1" by default. */
  readonly run?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly facts?: Pick<Execution, "parent" | "within" | "clockMs" | "claimedUser">;
  /** Number of lines stored at the start. */
  readonly lines?: number;
  readonly missing?: readonly LineRange[];
  /** Microseconds from one line to the next. */
  readonly stepUs?: number;
  readonly lineAt?: (n: number) => MockLine;
  readonly ended?: Partial<Pick<Execution, "state" | "delivery" | "code" | "signal" | "thinned" | "dropped">>;
}

/** A made-up execution. Its lines are computed on demand, so it may have any number of them. */
export class MockExecution {
  readonly options: MockExecutionOptions & { readonly owner: string };
  #lastN: number;
  #missing: LineRange[];
  #ended: MockExecutionOptions["ended"];

  constructor(options: MockExecutionOptions) {
    this.options = { owner: "alice", ...options };
    this.#lastN = options.lines ?? 0;
    this.#missing = [...(options.missing ?? [])];
    this.#ended = options.ended;
  }

  get lastN(): number {
    return this.#lastN;
  }

  print(count: number): void {
    this.#lastN += count;
  }

  /** Lines that were printed and have not arrived: a hole, until `deliver`. */
  lose(count: number): LineRange {
    const range: LineRange = [this.#lastN + 1, this.#lastN + count];
    this.#missing.push(range);
    this.#lastN += count;
    return range;
  }

  /** Fills a hole with lines that arrive late. */
  deliver(range: LineRange): void {
    this.#missing = this.#missing.filter(([from]) => from !== range[0]);
  }

  end(ended: NonNullable<MockExecutionOptions["ended"]>): void {
    this.#ended = ended;
  }

  /** The first stored n at or above `n`. */
  storedFrom(n: number): number | undefined {
    let at = n;
    for (const [from, to] of this.#missing) if (at >= from && at <= to) at = to + 1;
    return at <= this.#lastN ? at : undefined;
  }

  timeAt(n: number): string {
    return formatTimestamp(this.options.startedAtMs * 1000 + n * (this.options.stepUs ?? 1_000));
  }

  lineAt(n: number): MockLine {
    return this.options.lineAt?.(n) ?? plainLine(n);
  }

  summary(): Execution {
    const { x, node, argv, job, run, owner, labels } = this.options;
    const missing = this.#missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const state = this.#ended?.state ?? (this.#ended === undefined ? "running" : "finished");
    return {
      x,
      job: job ?? x,
      run: run ?? "1",
      node,
      owner,
      command: (argv[0] ?? "").replace(/.*\//, ""),
      argv,
      labels: labels ?? {},
      state,
      delivery: this.#ended?.delivery ?? (this.#ended === undefined ? "receiving" : "complete"),
      code: state === "running" || state === "lost" ? null : (this.#ended?.code ?? null),
      signal: this.#ended?.signal ?? null,
      startedAt: this.timeAt(0),
      endedAt: state === "finished" || state === "failed" ? this.timeAt(this.#lastN) : null,
      lines: this.#lastN - missing,
      bytes: (this.#lastN - missing) * 72,
      lastN: this.#lastN,
      missing: this.#missing,
      thinned: this.#ended?.thinned ?? 0,
      dropped: this.#ended?.dropped ?? 0,
      ...this.options.facts,
    };
  }
}

export function text(line: string, stream: StreamName = "stdout", fragment = false): MockLine {
  return { stream, bytes: Buffer.from(line), fragment };
}

function plainLine(n: number): MockLine {
  if (n % 97 === 0) return text(`warning: gradient norm ${(n % 13) + 1}.7 above clip, step ${n}`, "stderr");
  const loss = (4 / Math.log2(n + 2)).toFixed(4);
  return text(`step ${n} loss=${loss} lr=3.0e-4 tokens/s=${18_000 + ((n * 37) % 900)}`);
}
