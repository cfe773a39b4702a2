import { AskQueue } from "./ask-queue.ts";
import type { GetentAnswer } from "./getent.ts";

const MISSING_FOR_MS = 30_000;
/** How long a failed database is not asked again. */
const UNAVAILABLE_FOR_MS = 1_000;
/** More users than a site has. */
const MAX_FOUND = 10_000;
/** Counted apart from users: invented keys must not push out users. */
const MAX_MISSING = 10_000;
/** Processes at a time, and questions that wait for one. */
const MAX_RUNNING = 4;
const MAX_WAITING = 1_000;

/** Undefined: no such entry. `unavailable`: the database does not answer, or too many wait for it: ask again later. */
export type Looked<T> = T | "unavailable" | undefined;

/** An answer that is still valid. */
export interface Known<T> {
  readonly value: Looked<T>;
}

interface Entry<T> extends Known<T> {
  readonly untilMs: number;
}

/**
 * Remembers answers of the user database for a while: hits and misses, each with its own bound. Each key is asked for
 * once at a time; if the database fails, the last answer stays valid.
 */
export class LookupCache<T> {
  readonly #find: (key: string) => Promise<GetentAnswer>;
  readonly #parse: (line: string) => T | undefined;
  readonly #nowMs: () => number;
  readonly #foundForMs: number;
  readonly #found = new Map<string, Entry<T>>();
  readonly #missing = new Map<string, Entry<T>>();
  readonly #asked = new Map<string, Promise<T | undefined | "failed">>();
  readonly #queue = new AskQueue({ maxRunning: MAX_RUNNING, maxWaiting: MAX_WAITING });

  constructor(options: {
    find: (key: string) => Promise<GetentAnswer>;
    parse: (line: string) => T | undefined;
    /** Steady. */
    nowMs: () => number;
    /** How long a hit is remembered. */
    foundForMs: number;
  }) {
    this.#find = options.find;
    this.#parse = options.parse;
    this.#nowMs = options.nowMs;
    this.#foundForMs = options.foundForMs;
  }

  /** The remembered answer for a key, without asking the database. */
  known(key: string): Known<T> | undefined {
    const entry = this.#found.get(key) ?? this.#missing.get(key);
    return entry !== undefined && this.#nowMs() < entry.untilMs ? entry : undefined;
  }

  /** @param isFresh asks the database whatever is remembered, and returns no earlier answer when it fails. */
  async get(key: string, isFresh = false): Promise<Looked<T>> {
    const known = isFresh ? undefined : this.known(key);
    if (known !== undefined) return known.value;
    const answer = await this.#askOnce(key);
    if (answer !== "failed") return answer;
    return isFresh ? "unavailable" : (this.#found.get(key)?.value ?? "unavailable");
  }

  #askOnce(key: string): Promise<T | undefined | "failed"> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#queue.isFull) return Promise.resolve("failed");
    const answer = this.#queue.run(() => this.#ask(key)).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  async #ask(key: string): Promise<T | undefined | "failed"> {
    const answer = await this.#find(key);
    if (answer.kind === "failed") {
      const last = this.#found.get(key)?.value ?? "unavailable";
      const goodForMs = last === "unavailable" ? UNAVAILABLE_FOR_MS : MISSING_FOR_MS;
      this.#remember(key, { value: last, untilMs: this.#nowMs() + goodForMs });
      return "failed";
    }
    const value = answer.kind === "found" ? this.#parse(answer.line) : undefined;
    const goodForMs = answer.kind === "found" ? this.#foundForMs : MISSING_FOR_MS;
    this.#remember(key, { value, untilMs: this.#nowMs() + goodForMs });
    return value;
  }

  #remember(key: string, entry: Entry<T>): void {
    this.#found.delete(key);
    this.#missing.delete(key);
    const isFound = entry.value !== undefined && entry.value !== "unavailable";
    const entries = isFound ? this.#found : this.#missing;
    entries.set(key, entry);
    const [oldest] = entries.keys();
    if (entries.size > (isFound ? MAX_FOUND : MAX_MISSING) && oldest !== undefined) entries.delete(oldest);
  }
}
