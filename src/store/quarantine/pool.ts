import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { HeldLines } from "./held-lines.ts";

/** Everything waiting for one identity: a file of lines and ends, a file with its BEGIN, or both. */
export interface Entry {
  readonly identity: SlotIdentity;
  /** From the kernel, in its BEGIN; undefined before. */
  readonly uid: number | undefined;
  itemBytes: number;
  beginBytes: number;
  /** Undefined for a file from an earlier start that has not been read. */
  held: HeldLines | undefined;
  changedAtMs: number;
}

/** One uid's use of the pool. */
interface Usage {
  bytes: number;
  files: number;
}

interface PoolLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * Entries of one node that share a space, the longest unchanged first. When it is full, it drops an entry whose uid
 * uses at least its fair share, never one whose uid uses less.
 */
export class Pool {
  readonly limits: PoolLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #usage = new Map<number | undefined, Usage>();
  #bytes = 0;
  #files = 0;

  constructor(limits: PoolLimits) {
    this.limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get oldest(): Entry | undefined {
    return this.#entries.values().next().value;
  }

  get(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** Adds an entry, or moves a changed one to the recent end. */
  put(name: string, entry: Entry): void {
    this.#entries.delete(name);
    this.#entries.set(name, entry);
  }

  /** The files of an entry have grown, or shrunk, by this much. */
  grow(entry: Entry, { bytes, files }: Usage): void {
    this.#bytes += bytes;
    this.#files += files;
    const usage = this.#usage.get(entry.uid) ?? { bytes: 0, files: 0 };
    usage.bytes += bytes;
    usage.files += files;
    if (usage.files > 0) this.#usage.set(entry.uid, usage);
    else this.#usage.delete(entry.uid);
  }

  delete(name: string, entry: Entry): void {
    if (!this.#entries.delete(name)) return;
    this.grow(entry, { bytes: -entry.itemBytes - entry.beginBytes, files: -filesOf(entry) });
  }

  /** The limit that would be exceeded by this much more. */
  excess({ bytes, files }: Usage): "quarantine-executions" | "quarantine-node-bytes" | undefined {
    if (this.#files + files > this.limits.maxFiles) return "quarantine-executions";
    return this.#bytes + bytes > this.limits.maxBytes ? "quarantine-node-bytes" : undefined;
  }

  /** The entry to drop for `entry`: one of the same uid if that uses its share. Undefined: there is none. */
  victimFor(entry: Entry): Entry | undefined {
    const fairShare = 1 / this.#usage.size;
    const hasShare = this.#share(entry.uid) >= fairShare;
    let oldest: Entry | undefined;
    for (const other of this.#entries.values()) {
      if (other === entry) continue;
      if (hasShare ? other.uid === entry.uid : this.#share(other.uid) >= fairShare) return other;
      oldest ??= other;
    }
    return hasShare ? undefined : oldest;
  }

  #share(uid: number | undefined): number {
    const { bytes, files } = this.#usage.get(uid) ?? { bytes: 0, files: 0 };
    return Math.max(bytes / Math.max(1, this.#bytes), files / Math.max(1, this.#files));
  }
}

export function filesOf(entry: Entry): number {
  return (entry.itemBytes > 0 ? 1 : 0) + (entry.beginBytes > 0 ? 1 : 0);
}
