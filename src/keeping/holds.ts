import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isMissing } from "../host/is-missing.ts";
import { type Hold, parseHold } from "../wire/keeping.ts";
import { asRecord, parseJson } from "../wire/record.ts";

/** What a hold protects. */
export type HeldThing = Pick<Hold, "owner" | "x" | "node" | "job" | "run">;

/** An execution, as holds see it. */
export interface Holdable {
  readonly owner: string;
  readonly x: string;
  readonly node: string;
  readonly job: string;
  readonly run: string;
}

/** Most holds of one owner: more are a wish to keep everything, for which there are holds on jobs. */
export const MAX_HOLDS_PER_OWNER = 1_000;
/** Released holds stay in the file until a start finds this many lines for each hold. */
const MAX_LINES_A_HOLD = 2;

/**
 * What must stay, in `DATA/holds.jsonl`: JSON lines, one for each hold placed or released. The file is authoritative,
 * and on the disk before anybody gets an answer. Throws file system errors.
 */
export class Holds {
  readonly #path: string;
  /** Holds by owner, then by what is held and by whom. */
  readonly #byOwner = new Map<string, Map<string, Hold>>();

  constructor(path: string) {
    this.#path = path;
    this.#read();
  }

  get size(): number {
    let size = 0;
    for (const holds of this.#byOwner.values()) size += holds.size;
    return size;
  }

  /** Why an execution stays, the strongest hold first. */
  of(execution: Holdable): Hold | undefined {
    const holds = this.#byOwner.get(execution.owner);
    if (holds === undefined) return undefined;
    const { owner, x, node, job, run } = execution;
    const things: HeldThing[] = [
      { owner, x, node },
      { owner, job, run },
      { owner, job },
    ];
    for (const by of ["admin", "owner"] as const) {
      for (const thing of things) {
        const hold = holds.get(keyOf(thing, by));
        if (hold !== undefined) return hold;
      }
    }
    return undefined;
  }

  /** Holds of one owner, or all, oldest first. */
  list(owner: string | undefined): Hold[] {
    const all = owner === undefined ? [...this.#byOwner.values()] : [this.#byOwner.get(owner)];
    return all.flatMap((holds) => [...(holds?.values() ?? [])]).sort((a, b) => (a.since < b.since ? -1 : 1));
  }

  has(thing: HeldThing, by: Hold["by"]): boolean {
    return this.#byOwner.get(thing.owner)?.has(keyOf(thing, by)) === true;
  }

  /** Places a hold. False if there are too many. The same hold again changes nothing. */
  place(hold: Hold): boolean {
    const holds = this.#byOwner.get(hold.owner);
    if (this.has(hold, hold.by)) return true;
    if ((holds?.size ?? 0) >= MAX_HOLDS_PER_OWNER) return false;
    this.#append({ t: "keep", ...hold });
    this.#add(hold);
    return true;
  }

  /** Lifts a hold. Returns whether there was one. */
  release(thing: HeldThing, by: Hold["by"]): boolean {
    const holds = this.#byOwner.get(thing.owner);
    const hold = holds?.get(keyOf(thing, by));
    if (holds === undefined || hold === undefined) return false;
    this.#append({ t: "release", ...hold });
    this.#delete(hold);
    return true;
  }

  #add(hold: Hold): void {
    const holds = this.#byOwner.get(hold.owner) ?? new Map<string, Hold>();
    this.#byOwner.set(hold.owner, holds);
    holds.set(keyOf(hold, hold.by), hold);
  }

  #delete(hold: Hold): void {
    const holds = this.#byOwner.get(hold.owner);
    holds?.delete(keyOf(hold, hold.by));
    if (holds?.size === 0) this.#byOwner.delete(hold.owner);
  }

  /** Ends a line that a full disk has torn, so that it cannot spoil this one. */
  #append(record: { readonly t: "keep" | "release" } & Hold): void {
    appendFileSync(this.#path, `\n${JSON.stringify(record)}\n`, { mode: 0o600, flush: true });
  }

  #read(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    const lines = text.split("\n").filter((line) => line !== "");
    for (const line of lines) {
      const record = asRecord(parseJson(line));
      const hold = parseHold(record);
      if (hold === undefined) continue;
      if (record?.["t"] === "release") this.#delete(hold);
      else this.#add(hold);
    }
    if (lines.length > MAX_LINES_A_HOLD * this.size + MAX_HOLDS_PER_OWNER) this.#rewrite();
  }

  #rewrite(): void {
    const text = this.list(undefined)
      .map((hold) => `${JSON.stringify({ t: "keep", ...hold })}\n`)
      .join("");
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function keyOf({ x, node, job, run }: HeldThing, by: Hold["by"]): string {
  return JSON.stringify(x === undefined ? [by, "job", job, run ?? ""] : [by, "x", x, node]);
}
