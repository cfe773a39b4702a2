import type { Execution } from "../../../src/wire/api.ts";
import { LogSource } from "./log-source.ts";
import type { LogTarget } from "./log-target.ts";
import { MAX_SOURCES } from "./log-target.ts";
import type { LogWindow } from "./log-window.ts";

/** The executions of a log view, bounded. It only ever gains some. */
export class SourceList {
  /** There are more than are shown. */
  isPartial = false;
  readonly #target: LogTarget;
  readonly #window: LogWindow;
  readonly #all: LogSource[] = [];

  constructor(target: LogTarget, window: LogWindow) {
    this.#target = target;
    this.#window = window;
  }

  get all(): readonly LogSource[] {
    return this.#all;
  }

  /** Lines that are known of, all together. */
  get lastN(): number {
    return this.#all.reduce((sum, { lastN }) => sum + lastN, 0);
  }

  find(x: string, node: string): LogSource | undefined {
    return this.#all.find(({ execution }) => execution.x === x && execution.node === node);
  }

  /** Adds an execution of this view; `lastLines` of it are to be held. */
  add(execution: Execution, lastLines: number): void {
    const { view, node } = this.#target;
    if (node !== "" && execution.node !== node) return;
    if (view === "execution" && this.#all.length > 0) return;
    if (this.#all.length >= MAX_SOURCES) {
      this.isPartial = true;
      return;
    }
    const { lastN, startedAt } = execution;
    const index = this.#window.addSource(Math.max(1, lastN - lastLines + 1), startedAt);
    this.#all.push(new LogSource(index, execution));
  }
}
