import { setTimeout as pause } from "node:timers/promises";
import type { Execution } from "../../wire/api.ts";
import { type ClientMessage, parseLinesMessage, parseServerMessage, type Target } from "../../wire/live.ts";
import { CtlError } from "../command.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import { getExecution, keyOf } from "../remote/executions.ts";
import { type RemoteLine, readLines } from "../remote/lines.ts";
import { openSocket } from "../remote/live-socket.ts";
import { Holes } from "./holes.ts";

export interface Followed {
  execution: Execution;
  /** The number of the next line to print. */
  next: number;
  /** Lower numbers that have not come yet. */
  readonly holes: Holes;
}

/** Followed from its beginning. */
export function fromFirst(execution: Execution): Followed {
  return { execution, next: 1, holes: new Holes() };
}

/** Followed from its current end. */
export function behindLast(execution: Execution): Followed {
  const { missing, lastN } = execution;
  const holes = new Holes();
  const last = missing.at(-1);
  // Lines that mlrun has numbered and not yet sent come next, and are not late.
  const isBehind = last !== undefined && last[1] >= lastN;
  holes.add(...(isBehind ? missing.slice(0, -1) : missing));
  return { execution, next: isBehind ? last[0] : lastN + 1, holes };
}

interface FollowOptions {
  readonly what: Target;
  /** Executions known so far, and the next number of each; others are printed from their beginning. */
  readonly known: readonly Followed[];
  /** False: only how executions change. */
  readonly wantsLines: boolean;
  readonly isWanted?: (execution: Execution) => boolean;
  /** @param isLate Lines with higher numbers came before it. */
  readonly onLine?: (execution: Execution, line: RemoteLine, isLate: boolean) => Promise<void>;
  /** An execution is new or has changed. */
  readonly onChange?: (execution: Execution) => Promise<void>;
  /** Asked on each connection for executions that run already, and their next numbers. It goes on when all have ended. */
  readonly running?: () => Promise<readonly Followed[]>;
  readonly signal?: AbortSignal;
}

/** The collector restarts, or the network is away: tried again this often in a row, after a second each. */
const MAX_ATTEMPTS = 60;
const TRY_AGAIN_AFTER_MS = 1_000;
/** Executions remembered while following; ended ones are forgotten first. */
const MAX_FOLLOWED = 20_000;
const SESSION_ENDED = 4_401;
/** Close codes that another attempt does not change: malformed messages, and the end of the session. */
const FINAL_CODES: readonly number[] = [1_003, 1_008, SESSION_ENDED];
/** What ws says of a refused request: all of these but "too many" stay refused. */
const REFUSED = /server response: 4(?!29)\d\d/;

/**
 * New lines of executions as they arrive, until all have ended and all lines are here. Resolves with their last states.
 * It outlives restarts of the collector.
 */
export async function follow(collector: Collector, options: FollowOptions): Promise<readonly Execution[]> {
  const following = new Following(collector, options);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await following.untilClosed();
    if (outcome.is === "ended") return following.executions;
    if (following.hasHeard) attempt = 1;
    const { code, reason } = outcome;
    if (code === SESSION_ENDED || reason.endsWith(": 401"))
      throw new CtlError("Cannot follow: the token has ended. Sign in again: mlctl login");
    if (FINAL_CODES.includes(code) || REFUSED.test(reason) || attempt >= MAX_ATTEMPTS)
      throw new CtlError(`Cannot follow: ${reason || `the connection was closed (${code})`}`);
    await pause(TRY_AGAIN_AFTER_MS);
  }
}

class Following {
  /** The last connection brought something. */
  hasHeard = false;
  readonly #collector: Collector;
  readonly #options: FollowOptions;
  readonly #followed = new Map<string, Followed>();
  /** One execution is subscribed to from its next line on; of several, lines before the connection are fetched. */
  readonly #isOne: boolean;
  #isLive = false;

  constructor(collector: Collector, options: FollowOptions) {
    this.#collector = collector;
    this.#options = options;
    this.#isOne = "x" in options.what;
    for (const followed of options.known) this.#followed.set(keyOf(followed.execution), { ...followed });
  }

  get executions(): readonly Execution[] {
    return [...this.#followed.values()].map(({ execution }) => execution);
  }

  /** One connection, to its end. */
  async untilClosed(): Promise<{ is: "ended" } | { is: "closed"; code: number; reason: string }> {
    this.hasHeard = false;
    this.#isLive = false;
    const { what, wantsLines, signal } = this.#options;
    const socket = await openSocket(this.#collector);
    const end = (): void => socket.close();
    signal?.addEventListener("abort", end, { once: true });
    const [one] = this.#followed.values();
    const from = this.#isOne && one !== undefined ? one.next : "end";
    socket.send(JSON.stringify({ t: "subscribe", id: 1, what, from, lines: wantsLines } satisfies ClientMessage));
    try {
      for await (const event of socket.events) {
        if (signal?.aborted) return { is: "ended" };
        if (event.is === "closed") return event;
        this.hasHeard = true;
        if (event.is === "lines") await this.#takeLines(event.text);
        else await this.#takeMessage(event.text);
        if (this.#isLive && this.#isOver) {
          // Whatever a merge or a slow connection kept from arriving.
          for (const followed of this.#followed.values()) {
            await this.#catchUp(followed);
            await this.#catchUpHoles(followed);
          }
          return { is: "ended" };
        }
      }
      return { is: "closed", code: 1_006, reason: "" };
    } finally {
      signal?.removeEventListener("abort", end);
      socket.close();
    }
  }

  get #isOver(): boolean {
    if (this.#options.running !== undefined || this.#followed.size === 0) return false;
    return this.executions.every(hasEnded);
  }

  async #takeLines(text: string): Promise<void> {
    const { header, lines = [] } = parseLinesMessage(text) ?? {};
    if (header === undefined) return;
    const followed = await this.#followedOf(header);
    if (followed === undefined) return;
    // Lines between what was read before and this connection.
    if (!this.#isOne && header.n > followed.next) await this.#fetch(followed, followed.next, header.n - 1);
    for (const { n, time, stream, text: line, fragment } of lines) {
      await this.#print(followed, { n, time, stream, bytes: Buffer.from(line, "latin1"), isPiece: fragment });
    }
  }

  async #takeMessage(text: string): Promise<void> {
    const message = parseServerMessage(text);
    if (message?.t === "refused") throw new CtlError(`Cannot follow: ${message.message}`);
    if (message?.t === "lost") {
      const followed = await this.#followedOf(message);
      if (followed !== undefined) await this.#fetch(followed, message.from, message.to);
    }
    if (message?.t === "execution") await this.#change(message.execution);
    if (message?.t !== "live") return;
    this.#isLive = true;
    for (const found of (await this.#options.running?.()) ?? []) {
      const key = keyOf(found.execution);
      if (!this.#followed.has(key)) this.#followed.set(key, { ...found });
    }
    if (!this.#isOne) for (const followed of this.#followed.values()) await this.#catchUp(followed);
  }

  async #change(execution: Execution): Promise<void> {
    const { isWanted = () => true, onChange } = this.#options;
    if (!isWanted(execution)) return;
    const followed = this.#followed.get(keyOf(execution)) ?? fromFirst(execution);
    followed.execution = execution;
    this.#followed.set(keyOf(execution), followed);
    await onChange?.(execution);
    if (hasEnded(execution) && this.#isLive && !this.#isOne) await this.#catchUp(followed);
    if (this.#followed.size > MAX_FOLLOWED) this.#forgetEnded();
  }

  /** The execution of a message: its summary may come later. */
  async #followedOf(name: { x: string; node: string; owner: string }): Promise<Followed | undefined> {
    const known = this.#followed.get(keyOf(name));
    if (known !== undefined) return known;
    try {
      await this.#change(await getExecution(this.#collector, name));
    } catch (error) {
      // Deleted, or not shared any more.
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    }
    return this.#followed.get(keyOf(name));
  }

  async #catchUp(followed: Followed): Promise<void> {
    if (this.#options.wantsLines) await this.#fetch(followed, followed.next, followed.execution.lastN);
  }

  async #fetch(followed: Followed, from: number, to: number): Promise<void> {
    for await (const line of readLines(this.#collector, followed.execution, { from, to }))
      await this.#print(followed, line);
  }

  /** Lines that came late while there was no connection. */
  async #catchUpHoles(followed: Followed): Promise<void> {
    if (!this.#options.wantsLines) return;
    for (const [from, to] of followed.holes.filled(followed.execution.missing)) await this.#fetch(followed, from, to);
  }

  /** Each line once. */
  async #print(followed: Followed, line: RemoteLine): Promise<void> {
    const { next, holes } = followed;
    const isLate = line.n < next;
    if (isLate && !holes.fill(line.n)) return;
    if (line.n > next) holes.add([next, line.n - 1]);
    await this.#options.onLine?.(followed.execution, line, isLate);
    followed.next = Math.max(next, line.n + 1);
  }

  #forgetEnded(): void {
    for (const [key, { execution }] of this.#followed) if (hasEnded(execution)) this.#followed.delete(key);
  }
}

function hasEnded({ state, delivery }: Execution): boolean {
  return state !== "running" && delivery !== "receiving";
}
