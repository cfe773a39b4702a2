import { type Glance, MAX_GLANCES, type RunOfGlance } from "../../../src/wire/glance.ts";
import type { ApiClient } from "../api-client.ts";
import { keyOfRun, type RunName } from "../runs/run-counts.ts";

const ASK_EVERY_MS = 3_000;
/** Points of the small curve: a minute and a half. */
const MAX_RATES = 30;
/** Most runs remembered. */
const MAX_KNOWN = 2_000;

interface GlancesOptions {
  readonly api: Pick<ApiClient, "glances">;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly nowMs: () => number;
  readonly onChange: () => void;
}

/** A run's glance, and its lines a second since the list was opened. */
export interface RunGlance {
  readonly glance: Glance;
  readonly atMs: number;
  /** Lines a second, the newest last. */
  readonly rates: readonly number[];
}

/** Glances at the runs in view: polled for running ones, fetched once for others. */
export class Glances {
  readonly #options: GlancesOptions;
  readonly #wanted = new Map<string, { readonly name: RunName; isRunning: boolean }>();
  readonly #known = new Map<string, RunGlance>();
  #stopWaiting: (() => void) | undefined;
  #isAsking = false;
  #isClosed = false;

  constructor(options: GlancesOptions) {
    this.#options = options;
  }

  of(name: RunName): RunGlance | undefined {
    return this.#known.get(keyOfRun(name));
  }

  /** Fetches glances of a run while it is in view. Returns a function that ends this. */
  want(name: RunName, isRunning: boolean): () => void {
    const key = keyOfRun(name);
    const entry = { name, isRunning };
    this.#wanted.set(key, entry);
    if (!this.#known.has(key)) this.#soon(0);
    else if (isRunning) this.#soon(ASK_EVERY_MS);
    return () => {
      if (this.#wanted.get(key) === entry) this.#wanted.delete(key);
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWaiting?.();
  }

  #soon(ms: number): void {
    if (this.#isAsking || this.#isClosed) return;
    if (ms === 0) this.#stopWaiting?.();
    else if (this.#stopWaiting !== undefined) return;
    this.#stopWaiting = this.#options.after(ms, () => {
      this.#stopWaiting = undefined;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    const due = [...this.#wanted.values()].filter(({ name, isRunning }) => isRunning || this.of(name) === undefined);
    this.#isAsking = true;
    for (let at = 0; at < due.length && !this.#isClosed; at += MAX_GLANCES) {
      const runs = due.slice(at, at + MAX_GLANCES).map(({ name }): RunOfGlance => [name.owner, name.job, name.run]);
      const answer = await this.#options.api.glances(runs);
      if (answer.ok) for (const glance of answer.value) this.#take(glance);
    }
    this.#isAsking = false;
    if (this.#isClosed) return;
    if (due.length > 0) this.#options.onChange();
    if ([...this.#wanted.values()].some(({ isRunning }) => isRunning)) this.#soon(ASK_EVERY_MS);
  }

  #take(glance: Glance): void {
    const key = keyOfRun(glance);
    const atMs = this.#options.nowMs();
    const before = this.#known.get(key);
    const passedS = before === undefined ? 0 : (atMs - before.atMs) / 1_000;
    const rate = before === undefined || passedS <= 0 ? [] : [(glance.lines - before.glance.lines) / passedS];
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { glance, atMs, rates: [...(before?.rates ?? []), ...rate].slice(-MAX_RATES) });
  }
}
