import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { type Begin, parseKeyless } from "../../wire/begin.ts";
import { parseJson } from "../../wire/record.ts";
import { type HeldLines, NO_LINES, withItem } from "./held-lines.ts";
import type { Entry } from "./pool.ts";
import { beginName, itemsName, QuarantineFolder } from "./quarantine-folder.ts";
import { decodeItems, encodeItem, type QuarantinedItem } from "./quarantined-item.ts";
import { type EntryFile, type RoomLimits, type RoomQuota, Rooms } from "./rooms.ts";

/** Bounds of frames without an owner. */
export interface QuarantineLimits extends RoomLimits {
  readonly maxExecutionBytes: number;
  readonly maxAgeMs: number;
}

/** The limit that keeps something out of the quarantine. */
type Quota = RoomQuota | "quarantine-execution-bytes";

/** A waiting BEGIN: the user directory has not named its uid. */
export interface KeptBegin {
  readonly identity: SlotIdentity;
  readonly uid: number;
}

interface QuarantineOptions {
  readonly folder: string;
  readonly limits: QuarantineLimits;
  /** An item is on the disk before `add` returns. */
  readonly durable: boolean;
  /** Called when an entry with this many lines was dropped. */
  readonly onEvicted: (reason: Quota | "quarantine-age", lines: number) => void;
  readonly nowMs: () => number;
}

/** Room for an END beyond its execution's quota: it shows which lines are missing. */
const END_BYTES = 8_192;
/** Time that one call of `expire` may take from the event loop. */
const EXPIRE_WITHIN_MS = 5;

/**
 * Frames without an owner: their BEGIN has not arrived, the user directory has not named its uid, or the execution's
 * files cannot be written. Kept on disk until they can be stored; nobody else ever sees them.
 *
 * No entry takes another's place:
 * - Each node has its own space. Half of it is for strangers: entries without a BEGIN, which any local user can invent.
 *   The other half is for announced entries, whose uid comes from the kernel.
 * - Age alone removes an entry only after `maxAgeMs`, days: a BEGIN may wait that long in a relay's disk queue
 *   or journal.
 * - A full half makes room by dropping an old entry. Of the strangers, the one longest unchanged: a flood pushes out
 *   itself, and frames that overtook their BEGIN by seconds stay. Of the announced, the one longest unchanged whose uid
 *   uses at least its fair share: a uid's flood pushes out its own.
 * - An END has a reserve beyond its execution's quota. The numbers of dropped lines are remembered: when the BEGIN
 *   arrives, they are shown as discarded.
 */
export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #folder: QuarantineFolder;
  readonly #rooms: Rooms;
  readonly #begins = new Map<string, KeptBegin>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
    this.#folder = new QuarantineFolder({ path: options.folder, durable: options.durable });
    this.#rooms = new Rooms(options.limits);
    this.#restore(options.nowMs());
  }

  get bytes(): number {
    return this.#rooms.bytes;
  }

  /** Number of BEGINs that wait for the user directory. */
  get waiting(): number {
    return this.#begins.size;
  }

  /** BEGINs that wait for the user directory, least recently asked for first. */
  get begins(): IterableIterator<KeptBegin> {
    return this.#begins.values();
  }

  /**
   * Keeps an item, or returns the quota that forbids it. Throws file system errors.
   *
   * @param uid The execution's, if known.
   */
  add(identity: SlotIdentity, item: QuarantinedItem, uid?: number): Quota | undefined {
    const entry = this.#rooms.entryFor(identity, uid);
    const bytes = encodeItem(item);
    const quota = this.#isTooMuch(identity, item, bytes.length)
      ? "quarantine-execution-bytes"
      : this.#append(entry, "itemBytes", bytes);
    if (quota !== undefined) this.#rooms.lose(identity, withItem(NO_LINES, item));
    else if (entry.held !== undefined) entry.held = withItem(entry.held, item);
    return quota;
  }

  /** Whether its execution's quota, rather than its node's, keeps an item out. */
  isFullFor(identity: SlotIdentity, item: QuarantinedItem): boolean {
    return this.#isTooMuch(identity, item, encodeItem(item).length);
  }

  /** Keeps a BEGIN, or returns the quota that forbids it. A repeated BEGIN changes nothing. */
  keepBegin(kept: KeptBegin, begin: Omit<Begin, "k">): Quota | undefined {
    const { identity, uid } = kept;
    if (this.#begins.has(keyOf(identity))) return undefined;
    const bytes = Buffer.from(JSON.stringify(begin));
    if (bytes.length > this.#options.limits.maxExecutionBytes) return "quarantine-execution-bytes";
    this.#begins.set(keyOf(identity), { identity, uid });
    let isKept = false;
    try {
      const quota = this.#append(this.#rooms.entryFor(identity, uid), "beginBytes", bytes);
      isKept = quota === undefined;
      return quota;
    } finally {
      if (!isKept) this.#begins.delete(keyOf(identity));
    }
  }

  /** Moves a BEGIN behind all others. */
  postpone({ identity }: KeptBegin): void {
    const kept = this.#begins.get(keyOf(identity));
    if (kept === undefined) return;
    this.#begins.delete(keyOf(identity));
    this.#begins.set(keyOf(identity), kept);
  }

  /** Undefined if it is gone, or torn: the collector ended while writing it, so its relay still has it. */
  readBegin({ identity, uid }: KeptBegin): Omit<Begin, "k"> | undefined {
    const bytes = this.#folder.read(identity.node, beginName(identity, uid));
    return bytes === undefined ? undefined : parseKeyless(parseJson(bytes.toString("utf8")));
  }

  removeBegin({ identity }: KeptBegin): void {
    this.#remove(this.#rooms.entry(identity), "beginBytes");
  }

  /** Identities with lines or ends here. */
  *identities(): Generator<SlotIdentity> {
    for (const pool of this.#rooms.pools()) {
      for (const { identity, itemBytes } of pool.entries) if (itemBytes > 0) yield identity;
    }
  }

  bytesOf(identity: SlotIdentity): number {
    return this.#rooms.entry(identity)?.itemBytes ?? 0;
  }

  /** Items kept for an identity, in order of arrival; each is decoded when it is asked for. */
  *read(identity: SlotIdentity): Generator<QuarantinedItem, undefined> {
    if (this.bytesOf(identity) === 0) return;
    const bytes = this.#folder.read(identity.node, itemsName(identity));
    if (bytes !== undefined) yield* decodeItems(bytes);
  }

  /** Removes the items of an identity; its BEGIN stays. */
  remove(identity: SlotIdentity): void {
    this.#remove(this.#rooms.entry(identity), "itemBytes");
  }

  /** Lines of an identity dropped since the last call, and the space for its node's entries. */
  takeLoss(identity: SlotIdentity): (HeldLines & { readonly limitBytes: number }) | undefined {
    const loss = this.#rooms.takeLoss(identity);
    return loss === undefined ? undefined : { ...loss, limitBytes: this.#rooms.halfBytes };
  }

  /** Drops some of the entries that were not claimed in time. Returns their number. */
  expire(nowMs: number): number {
    const untilMs = performance.now() + EXPIRE_WITHIN_MS;
    let expired = 0;
    for (const pool of this.#rooms.pools()) {
      for (let { oldest } = pool; oldest !== undefined; oldest = pool.oldest) {
        if (nowMs - oldest.changedAtMs <= this.#options.limits.maxAgeMs) break;
        this.#evict(oldest, "quarantine-age");
        expired += 1;
        if (performance.now() >= untilMs) return expired;
      }
    }
    return expired;
  }

  #isTooMuch(identity: SlotIdentity, item: QuarantinedItem, bytes: number): boolean {
    const most = this.#options.limits.maxExecutionBytes + (item.t === "end" ? END_BYTES : 0);
    return this.bytesOf(identity) + bytes > most;
  }

  #append(entry: Entry, file: EntryFile, bytes: Buffer): Quota | undefined {
    const more = { file, bytes: bytes.length };
    const quota = this.#rooms.make(entry, more, (victim, why) => this.#evict(victim, why));
    if (quota !== undefined) return quota;
    this.#folder.append({ node: entry.identity.node, name: this.#nameOf(entry, file), size: entry[file] }, bytes);
    this.#rooms.grow(entry, more, this.#options.nowMs());
    return undefined;
  }

  #evict(entry: Entry, reason: Quota | "quarantine-age"): void {
    const held = entry.held ?? this.#heldBy(entry.identity);
    this.#remove(entry, "itemBytes");
    this.#remove(entry, "beginBytes");
    this.#rooms.lose(entry.identity, held);
    this.#options.onEvicted(reason, held.lines);
  }

  #heldBy(identity: SlotIdentity): HeldLines {
    let held = NO_LINES;
    for (const item of this.read(identity)) held = withItem(held, item);
    return held;
  }

  #remove(entry: Entry | undefined, file: EntryFile): void {
    if (entry === undefined || entry[file] === 0) return;
    this.#folder.remove(entry.identity.node, this.#nameOf(entry, file));
    this.#rooms.shrink(entry, file);
    if (file === "beginBytes") this.#begins.delete(keyOf(entry.identity));
  }

  #nameOf({ identity }: Entry, file: EntryFile): string {
    return file === "itemBytes"
      ? itemsName(identity)
      : beginName(identity, this.#begins.get(keyOf(identity))?.uid ?? 0);
  }

  /** Restores what an earlier start left, longest unchanged first. */
  #restore(nowMs: number): void {
    const files = [...this.#folder.find()].sort((a, b) => a.changedAtMs - b.changedAtMs);
    for (const { identity, uid } of files) {
      if (uid !== undefined && !this.#begins.has(keyOf(identity))) this.#begins.set(keyOf(identity), { identity, uid });
    }
    for (const { identity, uid, bytes, changedAtMs } of files) {
      const entry = this.#rooms.entryFor(identity, this.#begins.get(keyOf(identity))?.uid);
      entry.held = undefined;
      const file = uid === undefined ? "itemBytes" : "beginBytes";
      // If the clock was ahead when a file was written, do not keep it longer for that.
      if (entry[file] === 0) this.#rooms.grow(entry, { file, bytes }, Math.min(nowMs, changedAtMs));
    }
  }
}

function keyOf(identity: SlotIdentity): string {
  return `${identity.node}/${itemsName(identity)}`;
}
