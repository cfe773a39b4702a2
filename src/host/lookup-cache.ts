import type { GetentAnswer } from "./getent.ts";

const FOUND_FOR_MS = 600_000;
const MISSING_FOR_MS = 30_000;
/** Entries: more users than a site has, and a bound for what somebody makes up. */
const MAX_ENTRIES = 10_000;
/** Processes at one time, and questions that wait for one. */
const MAX_RUNNING = 4;
const MAX_WAITING = 1_000;

interface Entry<T> {
  readonly value: T | undefined;
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
  readonly #asked = new Map<string, Promise<T | undefined>>();
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

  async get(key: string): Promise<T | undefined> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#now() < known.untilMs) return known.value;
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    if (this.#waiting.length >= MAX_WAITING) return known?.value;
    const answer = this.#ask(key, known?.value).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  async #ask(key: string, last: T | undefined): Promise<T | undefined> {
    if (this.#running === MAX_RUNNING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      const answer = await this.#find(key);
      const value = answer.kind === "found" ? this.#parse(answer.line) : answer.kind === "failed" ? last : undefined;
      const goodForMs = answer.kind === "found" ? FOUND_FOR_MS : MISSING_FOR_MS;
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
