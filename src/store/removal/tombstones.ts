import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";

const DAY_MS = 86_400_000;
/** Longer than anything can be replayed: relays' queues and journals are bounded in size, and hold weeks at most. */
const TOMBSTONES_KEPT_DAYS = 400;
/** Five million of them; beyond that the oldest days go first. */
const MAX_BYTES = 1_073_741_824;
/** `<user>/<date>/<name>`. */
const BASE = /^[^/_.][^/]*\/\d{4}-\d\d-\d\d\/[^/.][^/]*$/;
const FILE_NAME = /^\d{4}-\d\d-\d\d\.jsonl$/;

/** Marks an execution as deleted. `base`: where its files were, below the logs. */
interface Tombstone extends SlotIdentity {
  readonly base: string;
  readonly deletedAtMs: number;
}

/**
 * Deleted executions, which a replay must not bring back: JSON lines, one file per day. The files are authoritative;
 * the index has a copy for look-ups. Throws file system errors.
 */
export class Tombstones {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** On the disk when it returns: a deletion survives a power cut. */
  add(...tombstones: readonly Tombstone[]): void {
    for (const { path, text } of this.#additions(tombstones)) appendFileSync(path, text, { mode: 0o600, flush: true });
  }

  /** The same without blocking the event loop: a sync for each deletion would stall the collector. */
  async addSoon(tombstones: readonly Tombstone[]): Promise<void> {
    for (const { path, text } of this.#additions(tombstones))
      await appendFile(path, text, { mode: 0o600, flush: true });
  }

  #additions(tombstones: readonly Tombstone[]): { path: string; text: string }[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const texts = new Map<string, string>();
    for (const each of tombstones) {
      const day = dayOf(each.deletedAtMs);
      // Ends a line that a full disk has torn, so that it cannot spoil this one.
      texts.set(day, `${texts.get(day) ?? "\n"}${JSON.stringify(each)}\n`);
    }
    return [...texts].map(([day, text]) => ({ path: join(this.#folder, `${day}.jsonl`), text }));
  }

  *all(): Generator<Tombstone> {
    for (const day of this.#days()) yield* this.#read(day);
  }

  /** Tombstones of the last two days that have any; an interrupted deletion is among them. */
  *latest(): Generator<Tombstone> {
    for (const day of this.#days().slice(-2)) yield* this.#read(day);
  }

  /** Forgets tombstones that are too old or too many. Returns the time before which none are remembered. */
  expire(nowMs: number): number {
    const days = this.#days();
    let bytes = days.reduce((sum, day) => sum + statSync(join(this.#folder, day)).size, 0);
    const oldest = `${dayOf(nowMs - TOMBSTONES_KEPT_DAYS * DAY_MS)}.jsonl`;
    for (const day of days) {
      if (day >= oldest && bytes <= MAX_BYTES) return Date.parse(day.slice(0, 10));
      bytes -= statSync(join(this.#folder, day)).size;
      rmSync(join(this.#folder, day), { force: true });
    }
    return 0;
  }

  #days(): string[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => FILE_NAME.test(name))
      .sort();
  }

  *#read(day: string): Generator<Tombstone> {
    for (const line of readFileSync(join(this.#folder, day), "utf8").split("\n")) {
      const tombstone = line === "" ? undefined : parseTombstone(parseJson(line));
      if (tombstone !== undefined) yield tombstone;
    }
  }
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function parseTombstone(value: unknown): Tombstone | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { node, x, keyHash, base } = record;
  const deletedAtMs = asCount(record["deletedAtMs"]);
  if (typeof node !== "string" || typeof x !== "string" || typeof keyHash !== "string") return undefined;
  // It decides which files are deleted, so a damaged line must not lead outside the tree.
  if (typeof base !== "string" || !BASE.test(base)) return undefined;
  if (deletedAtMs === undefined) return undefined;
  return { node, x, keyHash, base, deletedAtMs };
}
