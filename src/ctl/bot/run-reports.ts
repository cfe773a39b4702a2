import { setTimeout as pause } from "node:timers/promises";
import type { RunView } from "../../wire/fleet/run-view.ts";
import { followRun } from "../fleet/run-api.ts";
import { listRuns } from "../fleet/runs-command.ts";
import { type Collector, isAway } from "../remote/collector.ts";
import { linkOf, statesOf } from "./chat-text.ts";

/** Runs that are followed at a time; each is a connection. The ends of others stand in the viewer. */
const MAX_FOLLOWED = 32;
/** A collector that is away for longer than `followRun` tries. */
const AGAIN_AFTER_MS = 30_000;
const FAILED: readonly string[] = ["failed", "refused", "expired", "unknown"];

interface RunReportsOptions {
  readonly collector: Collector;
  readonly owner: string;
  readonly say: (text: string) => void;
  readonly log: (text: string) => void;
}

/** Reports in the channel how the bot's runs end, and where one has failed while others go on. */
export class RunReports {
  readonly #options: RunReportsOptions;
  readonly #gone = new AbortController();
  readonly #followed = new Set<string>();

  constructor(options: RunReportsOptions) {
    this.#options = options;
  }

  /** What the bot had started before it was started anew. */
  async resume(): Promise<void> {
    for (const view of await listRuns(this.#options.collector, {})) if (!view.isDone) this.follow(view);
  }

  follow(view: RunView): void {
    if (this.#followed.has(view.run)) return;
    if (this.#followed.size >= MAX_FOLLOWED) {
      this.#options.say(`${view.job} ${view.run} is one run too many to follow: ${this.#link(view)} shows how it ends`);
      return;
    }
    this.#followed.add(view.run);
    void this.#follow(view)
      .catch((error: unknown) => this.#options.log(`cannot follow ${view.run}: ${messageOf(error)}`))
      .finally(() => this.#followed.delete(view.run));
  }

  close(): void {
    this.#gone.abort();
  }

  async #follow({ run }: RunView): Promise<void> {
    const { collector, owner, log } = this.#options;
    const { signal } = this.#gone;
    const said = { failure: false, pause: false };
    while (!signal.aborted) {
      try {
        for await (const view of followRun(collector, { run, owner, signal })) this.#report(view, said);
        return;
      } catch (error) {
        if (!isAway(error)) throw error;
        log(`cannot follow ${run}: ${error.message}; again in ${AGAIN_AFTER_MS / 1_000} s`);
        await pause(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** @param said what was said of it before */
  #report(view: RunView, said: { failure: boolean; pause: boolean }): void {
    const { say } = this.#options;
    const name = `${view.job} ${view.run}`;
    const failed = view.nodes.filter(({ state }) => FAILED.includes(state));
    if (view.isDone) say(`${name} has ended: ${statesOf(view)} ${this.#link(view)}`);
    else if (failed.length > 0 && !said.failure) say(`${name} goes on: ${statesOf({ nodes: failed })}`);
    if (view.isPaused && !said.pause)
      say(`${name} is paused after a failure: \`mlctl continue ${view.run}\` lets it go on`);
    said.failure ||= failed.length > 0;
    said.pause = view.isPaused;
  }

  #link(view: RunView): string {
    return linkOf(this.#options.collector.url, view);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
