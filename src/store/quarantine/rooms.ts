import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { type HeldLines, NO_LINES, together } from "./held-lines.ts";
import { type Entry, filesOf, Pool } from "./pool.ts";
import { itemsName } from "./quarantine-folder.ts";

export type RoomQuota = "quarantine-executions" | "quarantine-node-bytes";
/** One of an entry's two files. */
export type EntryFile = "itemBytes" | "beginBytes";

export interface RoomLimits {
  readonly maxNodeBytes: number;
  readonly maxExecutionsPerNode: number;
}

interface Room {
  /** Entries without a BEGIN. */
  readonly strangers: Pool;
  /** Entries whose BEGIN is here, or whose execution is known but could not be written. */
  readonly announced: Pool;
  /** Dropped lines, by identity, oldest first. */
  readonly losses: Map<string, HeldLines>;
}

/** The entries of the quarantine, and the space left for each node's strangers and announced entries. */
export class Rooms {
  readonly #limits: RoomLimits;
  readonly #rooms = new Map<string, Room>();

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** Bytes in each half of a node's space. */
  get halfBytes(): number {
    return Math.ceil(this.#limits.maxNodeBytes / 2);
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.pools()) sum += bytes;
    return sum;
  }

  *pools(): Generator<Pool> {
    for (const { strangers, announced } of this.#rooms.values()) {
      yield strangers;
      yield announced;
    }
  }

  entry(identity: SlotIdentity): Entry | undefined {
    const room = this.#rooms.get(identity.node);
    const name = itemsName(identity);
    return room?.announced.get(name) ?? room?.strangers.get(name);
  }

  /**
   * The entry of an identity. A new one, or one that has just stopped being a stranger, is in no pool before `grow`.
   */
  entryFor(identity: SlotIdentity, uid: number | undefined): Entry {
    const known = this.entry(identity);
    if (known === undefined) return { identity, uid, itemBytes: 0, beginBytes: 0, held: NO_LINES, changedAtMs: 0 };
    return uid === undefined || known.uid !== undefined ? known : { ...known, uid };
  }

  /** Drops other entries until a file of `entry` may grow by this much. Returns the quota that forbids it. */
  make(entry: Entry, more: { file: EntryFile; bytes: number }, evict: (victim: Entry, why: RoomQuota) => void) {
    const pool = this.#poolOf(entry);
    const files = entry[more.file] === 0 ? 1 : 0;
    const whole = { bytes: entry.itemBytes + entry.beginBytes + more.bytes, files: filesOf(entry) + files };
    const alone = new Pool(pool.limits).excess(whole);
    if (alone !== undefined) return alone;
    const needed = this.entry(entry.identity) === entry ? { bytes: more.bytes, files } : whole;
    for (let excess = pool.excess(needed); excess !== undefined; excess = pool.excess(needed)) {
      const victim = pool.victimFor(entry);
      if (victim === undefined) return excess;
      evict(victim, excess);
    }
    return undefined;
  }

  /** A file of the entry has grown. */
  grow(entry: Entry, { file, bytes }: { file: EntryFile; bytes: number }, nowMs: number): void {
    const name = itemsName(entry.identity);
    const pool = this.#poolOf(entry);
    const before = this.entry(entry.identity);
    if (before !== entry) {
      if (before !== undefined) this.#poolOf(before).delete(name, before);
      pool.grow(entry, { bytes: entry.itemBytes + entry.beginBytes, files: filesOf(entry) });
    }
    pool.grow(entry, { bytes, files: entry[file] === 0 ? 1 : 0 });
    entry[file] += bytes;
    entry.changedAtMs = nowMs;
    pool.put(name, entry);
  }

  /** A file of the entry is gone. */
  shrink(entry: Entry, file: EntryFile): void {
    const pool = this.#poolOf(entry);
    pool.grow(entry, { bytes: -entry[file], files: -1 });
    entry[file] = 0;
    if (file === "itemBytes") entry.held = NO_LINES;
    if (filesOf(entry) === 0) pool.delete(itemsName(entry.identity), entry);
  }

  /** Remembers dropped lines, for as many identities of a node as it may have files. */
  lose(identity: SlotIdentity, lost: HeldLines): void {
    const { losses } = this.#room(identity.node);
    const name = itemsName(identity);
    const before = losses.get(name) ?? NO_LINES;
    losses.delete(name);
    losses.set(name, together(before, lost));
    const [oldest] = losses.keys();
    if (losses.size > this.#limits.maxExecutionsPerNode && oldest !== undefined) losses.delete(oldest);
  }

  /** Lines of an identity dropped since the last call. */
  takeLoss(identity: SlotIdentity): HeldLines | undefined {
    const losses = this.#rooms.get(identity.node)?.losses;
    const loss = losses?.get(itemsName(identity));
    if (loss !== undefined) losses?.delete(itemsName(identity));
    return loss;
  }

  #poolOf({ identity, uid }: Entry): Pool {
    const { announced, strangers } = this.#room(identity.node);
    return uid === undefined ? strangers : announced;
  }

  #room(node: string): Room {
    const known = this.#rooms.get(node);
    if (known !== undefined) return known;
    const limits = { maxBytes: this.halfBytes, maxFiles: Math.ceil(this.#limits.maxExecutionsPerNode / 2) };
    const room = { strangers: new Pool(limits), announced: new Pool(limits), losses: new Map<string, HeldLines>() };
    this.#rooms.set(node, room);
    return room;
  }
}
