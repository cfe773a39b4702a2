import type { RunSummary } from "../../../src/wire/runs.ts";
import type { ApiClient } from "../api-client.ts";

/** How often counts are fetched while executions change. */
const ASK_EVERY_MS = 2_000;
/** Runs per page, and most pages: years of runs. */
const PAGE_RUNS = 500;
const MAX_PAGES = 20;

interface RunCountsOptions {
  readonly api: Pick<ApiClient, "runs">;
  /** Limits them to one job. */
  readonly job?: string;
  readonly owner?: string;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly onChange: () => void;
}

/** The newest runs with their counts, from the collector: correct however few executions are loaded. */
export class RunCounts {
  readonly #options: RunCountsOptions;
  #runs: readonly RunSummary[] = [];
  #byKey = new Map<string, RunSummary>();
  #isBusy = false;
  /** Something has changed since the last request. */
  #isDue = false;
  #wanted = 1;
  #stopWaiting: () => void = () => {};
  #isClosed = false;

  constructor(options: RunCountsOptions) {
    this.#options = options;
  }

  /** Newest first. */
  get runs(): readonly RunSummary[] {
    return this.#runs;
  }

  of(name: RunName): RunSummary | undefined {
    return this.#byKey.get(keyOfRun(name));
  }

  /**
   * Call when something has changed. Refetches, after a pause if it has just done so. @param wanted Number of runs
   * shown.
   */
  refresh(wanted: number): void {
    this.#wanted = wanted;
    if (this.#isBusy) {
      this.#isDue = true;
      return;
    }
    this.#isBusy = true;
    void this.#ask().then(() => {
      if (this.#isClosed) return;
      this.#stopWaiting = this.#options.after(ASK_EVERY_MS, () => {
        this.#isBusy = false;
        if (!this.#isDue) return;
        this.#isDue = false;
        this.refresh(this.#wanted);
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stopWaiting();
  }

  async #ask(): Promise<void> {
    const { api, job, owner, onChange } = this.#options;
    const runs: RunSummary[] = [];
    let before: string | undefined;
    for (let page = 0; page < MAX_PAGES && (page === 0 || before !== undefined); page += 1) {
      if (page > 0 && runs.length >= this.#wanted) break;
      const answer = await api.runs({ job, owner, before, limit: PAGE_RUNS });
      if (!answer.ok) return;
      runs.push(...answer.value.runs);
      before = answer.value.next ?? undefined;
    }
    this.#runs = runs;
    this.#byKey = new Map(runs.map((run) => [keyOfRun(run), run]));
    if (!this.#isClosed) onChange();
  }
}

export type RunName = Pick<RunSummary, "owner" | "job" | "run">;

/** Key for maps and lists, never split again. */
export function keyOfRun({ owner, job, run }: RunName): string {
  return JSON.stringify([owner, job, run]);
}
