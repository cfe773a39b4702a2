import type { Execution } from "../../wire/api.ts";
import type { Target } from "../../wire/live.ts";
import type { Io } from "../command.ts";
import type { Collector } from "../remote/collector.ts";
import { keyOf } from "../remote/executions.ts";
import { Output } from "../remote/output.ts";
import { DrawnOver } from "./drawn-over.ts";
import { follow } from "./follow.ts";

interface WatchedListOptions {
  readonly io: Io;
  readonly what: Target;
  /** Those that are shown at the beginning. */
  readonly begun: readonly Execution[];
  readonly isWanted: (execution: Execution) => boolean;
  /** The rows to show, of all that are known, in their order. */
  readonly choose: (executions: readonly Execution[]) => readonly Execution[];
  readonly print: (output: Output, rows: readonly Execution[]) => Promise<void>;
}

/** A person reads no faster. */
const DRAW_EVERY_MS = 250;
/** Remembered in all; the oldest go first. */
const MAX_KNOWN = 100_000;

/** A list that follows what happens until somebody ends it: a table drawn anew, or without a terminal a row a change. */
export async function watchList(collector: Collector, options: WatchedListOptions): Promise<void> {
  const { io, what, begun, isWanted, print } = options;
  const output = new Output(io);
  const table = new DrawnTable(options);
  for (const execution of begun) table.put(execution);
  if (output.isTerminal) await table.draw();
  else await print(output, begun);
  const onChange = async (execution: Execution): Promise<void> => {
    // A connection begins with the existing executions.
    if (!table.put(execution)) return;
    if (output.isTerminal) table.drawSoon();
    else if (isWanted(execution)) await print(output, [execution]);
  };
  // What was there before is shown already; endless.
  await follow(collector, { what, known: [], wantsLines: false, onChange, running: async () => [] });
}

class DrawnTable {
  readonly #options: WatchedListOptions;
  readonly #known = new Map<string, Execution>();
  readonly #table: DrawnOver;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WatchedListOptions) {
    this.#options = options;
    this.#table = new DrawnOver(options.io);
  }

  /** False if that was known. */
  put(execution: Execution): boolean {
    const key = keyOf(execution);
    const isKnown = JSON.stringify(this.#known.get(key)) === JSON.stringify(execution);
    this.#known.set(key, execution);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return !isKnown;
  }

  drawSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.draw();
    }, DRAW_EVERY_MS);
  }

  async draw(): Promise<void> {
    const { isWanted, choose, print } = this.#options;
    await this.#table.draw(choose([...this.#known.values()].filter(isWanted)), print);
  }
}
