import { shiftTime } from "../../../../src/text/time/shift-time.ts";
import type { Execution } from "../../../../src/wire/api.ts";
import type { ExecutionKey } from "../../execution-key.ts";
import { keyOf } from "../../execution-key.ts";
import { LogSource } from "./log-source.ts";
import type { LogTarget } from "./log-target.ts";
import type { LogWindow } from "./log-window.ts";

/** Executions of a view, 1 KB each: as many as a board has. */
const MAX_SOURCES = 20_000;

/** The executions of a log view, bounded, and finally all of one owner. It only grows. */
export class SourceList {
  /** There are more than can be shown. */
  isPartial = false;
  /** There are too many to request one by one: pages of the whole run bring their lines. */
  isPaged = false;
  readonly #target: LogTarget;
  readonly #window: LogWindow;
  readonly #correctsClocks: boolean;
  readonly #all: LogSource[] = [];
  readonly #byKey = new Map<string, LogSource>();
  readonly #owners = new Set<string>();
  #isSettled = false;

  /** @param correctsClocks Takes known differences of nodes' clocks out of a job's times. */
  constructor(target: LogTarget, window: LogWindow, correctsClocks: boolean) {
    this.#target = target;
    this.#window = window;
    this.#correctsClocks = correctsClocks;
  }

  get all(): readonly LogSource[] {
    return this.#all;
  }

  /** Known lines in total. */
  get lastN(): number {
    return this.#all.reduce((sum, { lastN }) => sum + lastN, 0);
  }

  /** The target, with its owner once that is settled. */
  get target(): LogTarget {
    const owner = this.#target.owner ?? (this.#isSettled ? this.#all[0]?.execution.owner : undefined);
    return owner === undefined ? this.#target : { ...this.#target, owner };
  }

  /** Owners of the executions: several only if the address names none. */
  get owners(): readonly string[] {
    return [...this.#owners].sort();
  }

  /** From now on all belong to one owner: that of the executions so far. */
  settle(): void {
    this.#isSettled = true;
  }

  find(key: ExecutionKey): LogSource | undefined {
    return this.#byKey.get(keyOf(key));
  }

  /** Adds an execution of this view and reserves room for its `lastLines`. */
  add(execution: Execution, lastLines: number): void {
    const { view, node, owner } = this.target;
    if (this.target.view === "job" && (this.target.run ?? execution.run) !== execution.run) return;
    if (this.target.view === "job" && this.target.only?.includes(execution.x) === false) return;
    if (node !== "" && execution.node !== node) return;
    if (owner !== undefined && execution.owner !== owner) return;
    this.#owners.add(execution.owner);
    if (view === "execution" && this.#all.length > 0) return;
    if (this.#all.length >= MAX_SOURCES) {
      this.isPartial = true;
      return;
    }
    const { lastN, startedAt } = execution;
    const correctsMs = view === "job" && this.#correctsClocks ? (execution.clockMs ?? 0) : 0;
    const index = this.#window.addSource(Math.max(1, lastN - lastLines + 1), shiftTime(startedAt, correctsMs));
    const source = new LogSource({ index, execution, correctsMs });
    this.#all.push(source);
    this.#byKey.set(keyOf(execution), source);
  }
}
