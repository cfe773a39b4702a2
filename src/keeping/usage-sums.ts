import type { USAGE_KEYS, Usage } from "../wire/keeping.ts";
import type { StoredRow } from "./ports.ts";

/** Sums held at a time: a million executions without a job's name are as many jobs. */
const MAX_SUMS = 100_000;
/** Sums shown. */
const MAX_SHOWN = 1_000;
/** Name of the sum over all further jobs. */
const OTHERS = "(others)";

type Sum = { -readonly [Name in keyof Usage]: Usage[Name] };

/** Adds up what executions take, by user, job or day of start. */
export class UsageSums {
  readonly #by: (typeof USAGE_KEYS)[number];
  readonly #sums = new Map<string, Sum>();

  constructor(by: (typeof USAGE_KEYS)[number]) {
    this.#by = by;
  }

  add(row: StoredRow, isHeld: boolean): void {
    const sum = this.#sumOf(row.owner, this.#nameOf(row));
    sum.executions += 1;
    sum.bytes += row.diskBytes;
    if (isHeld) sum.heldBytes += row.diskBytes;
  }

  /** Days newest first, others by their bytes, the most first. */
  most(): Usage[] {
    const all = [...this.#sums.values()];
    if (this.#by === "day") return all.sort((a, b) => (a.name > b.name ? -1 : 1)).slice(0, MAX_SHOWN);
    all.sort((a, b) => b.bytes - a.bytes);
    const rest = all.slice(MAX_SHOWN);
    const shown = all.slice(0, MAX_SHOWN);
    if (rest.length > 0)
      shown.push(rest.reduce(added, { owner: "", name: OTHERS, executions: 0, bytes: 0, heldBytes: 0 }));
    return shown;
  }

  #nameOf({ job, startedAt }: StoredRow): string {
    if (this.#by === "user") return "";
    return this.#by === "job" ? job : startedAt.slice(0, "2026-11-20".length);
  }

  #sumOf(owner: string, name: string): Sum {
    const key = JSON.stringify([owner, name]);
    const known = this.#sums.get(key);
    if (known !== undefined) return known;
    const isFull = this.#sums.size >= MAX_SUMS && name !== OTHERS;
    if (isFull) return this.#sumOf("", OTHERS);
    const sum = { owner, name, executions: 0, bytes: 0, heldBytes: 0 };
    this.#sums.set(key, sum);
    return sum;
  }
}

function added(sum: Usage, more: Usage): Usage {
  return {
    ...sum,
    executions: sum.executions + more.executions,
    bytes: sum.bytes + more.bytes,
    heldBytes: sum.heldBytes + more.heldBytes,
  };
}
