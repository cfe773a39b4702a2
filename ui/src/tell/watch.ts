import type { Execution, ExecutionState } from "../../../src/wire/api.ts";
import type { Target } from "../../../src/wire/live.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient, Subscription } from "../live-client.ts";
import type { LiveLines } from "../live-lines.ts";
import { frame } from "../texts/en/frame.ts";
import { tell } from "../texts/en/tell.ts";
import type { Notice, Wish } from "./wish.ts";

export interface WatchOptions {
  readonly live: Pick<LiveClient, "subscribe">;
  readonly api: Pick<ApiClient, "board">;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly notify: (notice: Notice) => void;
}

/** How often the collector is asked which executions are silent. Browsers stretch it to a minute in the background. */
const LOOK_EVERY_MS = 15_000;
/** Most runs of one job asked about each time: more rarely run at once. */
const MAX_RUNS = 8;
/** Most executions of a job; beyond that ended ones are forgotten first: a wish concerns those that run. */
const MAX_EXECUTIONS = 2_000;

/** Fulfils one wish. Its owner closes it. */
export class Watch {
  readonly #wish: Wish;
  readonly #options: WatchOptions & { readonly onEnd: () => void };
  readonly #executions = new Map<string, Execution>();
  /** Notifications shown: each once. */
  readonly #told = new Set<string>();
  #subscription: Subscription | undefined;
  #stopWaiting: () => void = () => undefined;
  #isLive = false;
  #isClosed = false;
  #hasForgotten = false;
  /** An execution that failed or was lost; kept even when others are forgotten. */
  #bad: Execution | undefined;

  constructor(wish: Wish, options: WatchOptions & { readonly onEnd: () => void }) {
    this.#wish = wish;
    this.#options = options;
  }

  start(): void {
    const { thing, match, silence } = this.#wish;
    const { owner } = thing;
    const what: Target =
      "x" in thing
        ? { x: thing.x, node: thing.node, owner }
        : { job: thing.job, ...(thing.run === undefined ? {} : { run: thing.run }), owner };
    this.#subscription = this.#options.live.subscribe({
      what: () => what,
      from: () => ({ from: "end", lines: match !== "" }),
      onExecution: (execution) => this.#take(execution),
      onLines: (lines) => this.#look(lines),
      onLive: () => {
        this.#isLive = true;
        this.#lookForEnd();
      },
      onSignedOut: () => this.#options.onEnd(),
    });
    if (silence) this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#subscription?.close();
    this.#stopWaiting();
  }

  #take(execution: Execution): void {
    const key = `${execution.x} ${execution.node}`;
    const before = this.#executions.get(key);
    if (before === undefined && !this.#makeRoom()) return;
    this.#executions.set(key, execution);
    const { state, code, signal } = execution;
    const isBad = state === "failed" || state === "lost";
    if (isBad) this.#bad ??= execution;
    if (this.#wish.failure && isBad && before?.state !== state && (this.#isLive || before !== undefined)) {
      const how = signal ?? (code === null ? undefined : frame.exit(code));
      const words = state === "lost" ? tell.lost : tell.failed;
      this.#tell("failure", { execution, state, body: how === undefined ? words : `${words}, ${how}` });
    }
    if (this.#isLive) this.#lookForEnd();
  }

  /** Forgets an ended execution if there are too many. False if all still run. */
  #makeRoom(): boolean {
    if (this.#executions.size < MAX_EXECUTIONS) return true;
    for (const [key, { state }] of this.#executions) {
      if (state === "running") continue;
      this.#hasForgotten = true;
      return this.#executions.delete(key);
    }
    return false;
  }

  #look({ header, lines }: LiveLines): void {
    const execution = this.#executions.get(`${header.x} ${header.node}`);
    if (execution === undefined || execution.owner !== header.owner || this.#wish.match === "") return;
    const wanted = this.#wish.match.toLowerCase();
    const found = lines.find(({ text }) => text.toLowerCase().includes(wanted));
    if (found !== undefined) this.#tell("match", { execution, state: execution.state, body: found.text.slice(0, 200) });
  }

  #lookForEnd(): void {
    const all = [...this.#executions.values()];
    const [last] = all;
    if (last === undefined || all.some(({ state }) => state === "running")) return;
    const body = all.length === 1 ? tell.hasEnded : this.#hasForgotten ? tell.allEnded : tell.allHaveEnded(all.length);
    const execution = this.#bad ?? last;
    if (this.#wish.end) this.#tell("end", { execution, state: this.#bad?.state ?? "finished", body });
    this.#options.onEnd();
  }

  #wait(): void {
    this.#stopWaiting = this.#options.after(LOOK_EVERY_MS, () => void this.#lookForSilence());
  }

  async #lookForSilence(): Promise<void> {
    for (const run of this.#running()) {
      const answer = await this.#options.api.board(run);
      if (this.#isClosed) return;
      const { thing } = this.#wish;
      for (const cell of answer.ok ? answer.value.cells : []) {
        const execution = this.#executions.get(`${cell.x} ${cell.node}`);
        if (!cell.isSilent || execution === undefined || ("x" in thing && cell.x !== thing.x)) continue;
        const body = tell.silentFor(Math.round((cell.quietMs ?? 0) / 1_000));
        this.#tell("silence", { execution, state: "lost", body });
      }
    }
    if (!this.#told.has("silence")) this.#wait();
  }

  /** Runs with executions that are still running. */
  #running(): readonly { readonly job: string; readonly run: string; readonly owner: string }[] {
    const runs = new Map<string, { readonly job: string; readonly run: string; readonly owner: string }>();
    for (const { state, job, run, owner } of this.#executions.values()) {
      if (state === "running") runs.set(JSON.stringify([job, run, owner]), { job, run, owner });
      if (runs.size === MAX_RUNS) break;
    }
    return [...runs.values()];
  }

  #tell(
    what: string,
    {
      execution,
      state,
      body,
    }: { readonly execution: Execution; readonly state: ExecutionState; readonly body: string },
  ): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    const { job, x, node, labels, command } = execution;
    const who = labels["rank"] === undefined ? node : frame.rank(labels["rank"]);
    this.#options.notify({ title: `${who} - ${job === x ? command : job}`, body, state });
  }
}
