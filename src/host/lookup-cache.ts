import type { GetentAnswer } from "./getent.ts";

const FOUND_FOR_MS = 600_000;
const MISSING_FOR_MS = 30_000;
/** Who got no answer asks again. */
const UNAVAILABLE_FOR_MS = 1_000;
/** Entries: more users than a site has, and a bound for what somebody makes up. */
const MAX_ENTRIES = 10_000;
/** Processes at one time, and questions that wait for one. */
const MAX_RUNNING = 4;
const MAX_WAITING = 1_000;

/** Undefined: there is none. `unavailable`: the database does not answer, or too many wait for it: ask again later. */
export type Looked<T> = T | "unavailable" | undefined;

interface Entry<T> {
  readonly value: Looked<T>;
  readonly untilMs: number;
}

/**
 * Remembers answers of the user database for a while. Each key is asked for once at a time; when the database fails,
 * the last answer stays good.
 */
export class LookupCache<T> {
  readonly #find: (key: string) => Promise<GetentAnswer>;
  readonly #parse: (line: string) => T | undefined;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #asked = new Map<string, Promise<Looked<T>>>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: {
    find: (key: string) => Promise<GetentAnswer>;
    parse: (line: string) => T | undefined;
    now: () => number;
  }) {
    this.#find = options.find;
    this.#parse = options.parse;
    this.#now = options.now;
  }

  async get(key: string): Promise<Looked<T>> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#now() < known.untilMs) return known.value;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#waiting.length >= MAX_WAITING) return known?.value ?? "unavailable";
    const answer = this.#ask(key, known?.value ?? "unavailable").finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  async #ask(key: string, last: T | "unavailable"): Promise<Looked<T>> {
    if (this.#running === MAX_RUNNING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      const answer = await this.#find(key);
      const value = answer.kind === "found" ? this.#parse(answer.line) : answer.kind === "failed" ? last : undefined;
      const unheardMs = value === "unavailable" ? UNAVAILABLE_FOR_MS : MISSING_FOR_MS;
      const goodForMs = answer.kind === "found" ? FOUND_FOR_MS : unheardMs;
      this.#remember(key, { value, untilMs: this.#now() + goodForMs });
      return value;
    } finally {
      // The slot goes to the next in line, if there is one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #remember(key: string, entry: Entry<T>): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }
}
