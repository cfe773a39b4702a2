import type { Execution, ExecutionState } from "../../../src/wire/api.ts";
import type { Target } from "../../../src/wire/live.ts";
import { isOn, type Thing } from "../actions/thing.ts";
import type { ApiClient } from "../api-client.ts";
import type { LiveClient, Subscription } from "../live-client.ts";
import type { LiveLines } from "../live-lines.ts";

/** What a person wants to hear of. */
export interface Wish {
  readonly thing: Thing;
  readonly end: boolean;
  readonly failure: boolean;
  readonly silence: boolean;
  /** A text in a line, in any case of letters; empty: none. */
  readonly match: string;
}

export interface Notice {
  /** The state first, as in the tab's title. */
  readonly title: string;
  readonly body: string;
  readonly state: ExecutionState;
}

export interface TellerOptions {
  readonly live: Pick<LiveClient, "subscribe">;
  readonly api: Pick<ApiClient, "board">;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly notify: (notice: Notice) => void;
}

/** How often the collector is asked who is silent. Browsers stretch it to a minute in the background. */
const LOOK_EVERY_MS = 15_000;

/** Tells a person once of each thing wished for, while the tab is open, whichever page it shows. */
export class Teller {
  readonly #options: TellerOptions;
  readonly #wishes = new Map<Wish, () => void>();

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  of(thing: Thing): readonly Wish[] {
    return [...this.#wishes.keys()].filter((wish) => isOn(thing, wish.thing));
  }

  /** Fulfils a wish until everything has ended. */
  add(wish: Wish): void {
    const watch = new Watch(wish, { ...this.#options, onEnd: () => this.remove(wish) });
    this.#wishes.set(wish, () => watch.close());
    watch.start();
  }

  remove(wish: Wish): void {
    this.#wishes.get(wish)?.();
    this.#wishes.delete(wish);
  }
}

class Watch {
  readonly #wish: Wish;
  readonly #options: TellerOptions & { readonly onEnd: () => void };
  readonly #executions = new Map<string, Execution>();
  /** What was notified: each once. */
  readonly #told = new Set<string>();
  #subscription: Subscription | undefined;
  #stopWaiting: () => void = () => undefined;
  #isLive = false;

  constructor(wish: Wish, options: TellerOptions & { readonly onEnd: () => void }) {
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
    });
    if (silence) this.#wait();
  }

  close(): void {
    this.#subscription?.close();
    this.#stopWaiting();
  }

  #take(execution: Execution): void {
    const key = `${execution.x} ${execution.node}`;
    const before = this.#executions.get(key);
    this.#executions.set(key, execution);
    const { state, code, signal } = execution;
    const isBad = state === "failed" || state === "lost";
    if (this.#wish.failure && isBad && before?.state !== state && (this.#isLive || before !== undefined)) {
      const how = signal ?? (code === null ? "" : `exit ${code}`);
      this.#tell("failure", { execution, state, body: `${state === "lost" ? "Lost" : "Failed"}, ${how}` });
    }
    if (this.#isLive) this.#lookForEnd();
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
    const bad = all.find(({ state }) => state === "failed" || state === "lost");
    const body = `${all.length === 1 ? "It has" : `All ${all.length} have`} ended`;
    if (this.#wish.end) this.#tell("end", { execution: bad ?? last, state: bad?.state ?? "finished", body });
    this.#options.onEnd();
  }

  #wait(): void {
    this.#stopWaiting = this.#options.after(LOOK_EVERY_MS, () => void this.#lookForSilence());
  }

  async #lookForSilence(): Promise<void> {
    const [execution] = this.#executions.values();
    if (execution !== undefined) {
      const { job, run, owner } = execution;
      const answer = await this.#options.api.board({ job, run, owner });
      const { thing } = this.#wish;
      const silent = answer.ok
        ? answer.value.cells.find((cell) => cell.isSilent && (!("x" in thing) || cell.x === thing.x))
        : undefined;
      const known = silent === undefined ? undefined : this.#executions.get(`${silent.x} ${silent.node}`);
      const seconds = Math.round((silent?.quietMs ?? 0) / 1_000);
      if (known !== undefined)
        this.#tell("silence", { execution: known, state: "lost", body: `Silent for ${seconds} s` });
    }
    if (!this.#told.has("silence")) this.#wait();
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
    const who = labels["rank"] === undefined ? node : `rank ${labels["rank"]}`;
    this.#options.notify({ title: `${who} - ${job === x ? command : job}`, body, state });
  }
}
