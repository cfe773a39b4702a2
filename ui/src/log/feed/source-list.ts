import type { Execution } from "../../../../src/wire/api.ts";
import type { ExecutionKey } from "../../execution-key.ts";
import { keyOf } from "../../execution-key.ts";
import { LogSource } from "./log-source.ts";
import type { LogTarget } from "./log-target.ts";
import { MAX_SOURCES } from "./log-target.ts";
import type { LogWindow } from "./log-window.ts";

/** The executions of a log view, bounded, in the end of one owner. It only ever gains some. */
export class SourceList {
  /** There are more than are shown. */
  isPartial = false;
  readonly #target: LogTarget;
  readonly #window: LogWindow;
  readonly #all: LogSource[] = [];
  readonly #byKey = new Map<string, LogSource>();
  readonly #owners = new Set<string>();
  #isSettled = false;

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

  /** What is shown, with its owner once that is settled. */
  get target(): LogTarget {
    const owner = this.#target.owner ?? (this.#isSettled ? this.#all[0]?.execution.owner : undefined);
    return owner === undefined ? this.#target : { ...this.#target, owner };
  }

  /** Whose executions there are: more than one only where none is named. */
  get owners(): readonly string[] {
    return [...this.#owners].sort();
  }

  /** From now on all are of one owner: the one that those so far are of. */
  settle(): void {
    this.#isSettled = true;
  }

  find(key: ExecutionKey): LogSource | undefined {
    return this.#byKey.get(keyOf(key));
  }

  /** Adds an execution of this view; `lastLines` of it are to be held. */
  add(execution: Execution, lastLines: number): void {
    const { view, node, owner } = this.target;
    if (node !== "" && execution.node !== node) return;
    if (owner !== undefined && execution.owner !== owner) return;
    this.#owners.add(execution.owner);
    if (view === "execution" && this.#all.length > 0) return;
    if (this.#all.length >= MAX_SOURCES) {
      this.isPartial = true;
      return;
    }
    const { lastN, startedAt } = execution;
    const index = this.#window.addSource(Math.max(1, lastN - lastLines + 1), startedAt);
    const source = new LogSource(index, execution);
    this.#all.push(source);
    this.#byKey.set(keyOf(execution), source);
  }
}
