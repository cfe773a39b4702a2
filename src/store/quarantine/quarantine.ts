import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";
import type { Chunk } from "../../frame/chunk.ts";
import { type Begin, parseKeyless } from "../../wire/begin.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { syncFolder } from "../disk/create-file.ts";
import type { SlotIdentity } from "../table/slots.ts";

/** Bounds of frames that nobody owns yet. */
export interface QuarantineLimits {
  readonly maxNodeBytes: number;
  readonly maxExecutionBytes: number;
  readonly maxExecutionsPerNode: number;
  readonly maxAgeMs: number;
}

/** What waits for an owner: lines, or the end, of one (node, x, hash of key). */
export type QuarantinedItem =
  | { readonly t: "lines"; readonly chunk: Chunk }
  | { readonly t: "end"; readonly lastN: number; readonly json: string };

/** Whose BEGIN came, and which uid nobody could name. */
export interface KeptBegin {
  readonly identity: SlotIdentity;
  readonly uid: number;
}

const LINE_FEED = 0x0a;
/** `x.keyHash.begin.uid`: no file has to be read to know whose BEGINs are here. */
const BEGIN_FILE = /^(\w{26})\.([\w-]{43})\.begin\.(\d{1,10})$/;

/**
 * Frames without an owner: their BEGIN has not come, or their key fits nothing. Kept on disk within quotas until the
 * BEGIN that fits claims them; nobody else ever sees them. One file for each identity: a JSON line, then the bytes of
 * that record.
 */
export class Quarantine {
  readonly #folder: string;
  readonly #limits: QuarantineLimits;
  readonly #durable: boolean;
  /** Bytes by file, by node. */
  readonly #nodes = new Map<string, Map<string, number>>();
  /** Bytes of each node, kept beside: a flood must not make each frame count all files. */
  readonly #nodeBytes = new Map<string, number>();
  readonly #begins = new Map<string, KeptBegin>();

  /** @param options.durable An item is on the disk before `add` returns. */
  constructor(options: { readonly folder: string; readonly limits: QuarantineLimits; readonly durable: boolean }) {
    const { folder, limits, durable } = options;
    this.#folder = folder;
    this.#limits = limits;
    this.#durable = durable;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const node of readdirSync(folder)) {
      const files = new Map<string, number>();
      for (const name of readdirSync(join(folder, node))) {
        files.set(name, statSync(join(folder, node, name)).size);
        const [, x, keyHash, uid] = BEGIN_FILE.exec(name) ?? [];
        if (x === undefined || keyHash === undefined) continue;
        this.#begins.set(join(node, name), { identity: { node, x, keyHash }, uid: Number(uid) });
      }
      this.#nodes.set(node, files);
      for (const size of files.values()) this.#grow(node, size);
    }
  }

  get bytes(): number {
    let sum = 0;
    for (const size of this.#nodeBytes.values()) sum += size;
    return sum;
  }

  /** Keeps an item, or returns the quota that forbids it. Throws what the file system throws. */
  add(identity: SlotIdentity, item: QuarantinedItem): string | undefined {
    return this.#append(identity.node, fileName(identity), encode(item));
  }

  get waiting(): number {
    return this.#begins.size;
  }

  /** BEGINs that wait for the user directory, those first that were not asked for lately. */
  get begins(): IterableIterator<KeptBegin> {
    return this.#begins.values();
  }

  /** Keeps a BEGIN, or returns the quota that forbids it. It comes again and again: the first one stays. */
  keepBegin(kept: KeptBegin, begin: Omit<Begin, "k">): string | undefined {
    const name = beginName(kept);
    const key = join(kept.identity.node, name);
    if (this.#begins.has(key)) return undefined;
    const quota = this.#append(kept.identity.node, name, Buffer.from(JSON.stringify(begin)));
    if (quota === undefined) this.#begins.set(key, kept);
    return quota;
  }

  /** Behind all others. */
  postpone(kept: KeptBegin): void {
    const key = join(kept.identity.node, beginName(kept));
    if (this.#begins.delete(key)) this.#begins.set(key, kept);
  }

  /** Undefined when it is gone, or cut off: the collector ended while it wrote it, so its relay still has it. */
  readBegin(kept: KeptBegin): Omit<Begin, "k"> | undefined {
    const path = join(this.#folder, kept.identity.node, beginName(kept));
    return existsSync(path) ? parseKeyless(parseJson(readFileSync(path, "utf8"))) : undefined;
  }

  removeBegin(kept: KeptBegin): void {
    this.#remove(kept.identity.node, beginName(kept));
  }

  /** Whose lines or ends are here. */
  *identities(): Generator<SlotIdentity> {
    for (const [node, files] of this.#nodes) {
      for (const name of files.keys()) {
        const [x, keyHash, isBegin] = name.split(".");
        if (x !== undefined && keyHash !== undefined && isBegin === undefined) yield { node, x, keyHash };
      }
    }
  }

  bytesOf(identity: SlotIdentity): number {
    return this.#nodes.get(identity.node)?.get(fileName(identity)) ?? 0;
  }

  /** What is kept for an identity, in the order of arrival. */
  read(identity: SlotIdentity): QuarantinedItem[] {
    const name = fileName(identity);
    if (this.#nodes.get(identity.node)?.has(name) !== true) return [];
    return decode(readFileSync(join(this.#folder, identity.node, name)));
  }

  /** All but its BEGIN. */
  remove(identity: SlotIdentity): void {
    this.#remove(identity.node, fileName(identity));
  }

  /** Throws away what nobody claimed in time. Returns how many identities that were. */
  expire(nowMs: number): number {
    let expired = 0;
    for (const [node, files] of this.#nodes) {
      for (const name of [...files.keys()]) {
        const changedAtMs = statSync(join(this.#folder, node, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
        if (nowMs - changedAtMs <= this.#limits.maxAgeMs) continue;
        this.#remove(node, name);
        expired += 1;
      }
    }
    return expired;
  }

  #append(node: string, name: string, bytes: Buffer): string | undefined {
    const files = this.#nodes.get(node) ?? new Map<string, number>();
    const size = files.get(name) ?? 0;
    if (size === 0 && files.size >= this.#limits.maxExecutionsPerNode) return "quarantine-executions";
    if (size + bytes.length > this.#limits.maxExecutionBytes) return "quarantine-execution-bytes";
    const nodeBytes = this.#nodeBytes.get(node) ?? 0;
    if (nodeBytes + bytes.length > this.#limits.maxNodeBytes) return "quarantine-node-bytes";
    const folder = join(this.#folder, node);
    const path = join(folder, name);
    if (!this.#nodes.has(node)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (this.#durable) syncFolder(this.#folder);
      this.#nodes.set(node, files);
    }
    try {
      appendFileSync(path, bytes, { mode: 0o600, flush: this.#durable });
      if (this.#durable && size === 0) syncFolder(folder);
    } catch (error) {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) truncateSync(path, size);
      throw error;
    }
    files.set(name, size + bytes.length);
    this.#grow(node, bytes.length);
    return undefined;
  }

  #remove(node: string, name: string): void {
    const files = this.#nodes.get(node);
    const size = files?.get(name);
    if (files === undefined || size === undefined) return;
    rmSync(join(this.#folder, node, name), { force: true });
    files.delete(name);
    this.#begins.delete(join(node, name));
    this.#grow(node, -size);
  }

  #grow(node: string, bytes: number): void {
    this.#nodeBytes.set(node, (this.#nodeBytes.get(node) ?? 0) + bytes);
  }
}

function fileName({ x, keyHash }: SlotIdentity): string {
  return `${x}.${keyHash}`;
}

function beginName({ identity, uid }: KeptBegin): string {
  return `${fileName(identity)}.begin.${uid}`;
}

function encode(item: QuarantinedItem): Buffer {
  if (item.t === "end") return Buffer.from(`${JSON.stringify(item)}\n`);
  const { firstN, count, fragments, cri } = item.chunk;
  const head = { t: "lines", firstN, count, fragments, bytes: cri.length };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), cri]);
}

/** Reads records until the end or the first one that is torn or not of this form. */
function decode(bytes: Buffer): QuarantinedItem[] {
  const items: QuarantinedItem[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(LINE_FEED, at);
    const head = headEnd < 0 ? undefined : asRecord(parseJson(bytes.toString("utf8", at, headEnd)));
    if (head === undefined) break;
    at = headEnd + 1;
    const { json } = head;
    const lastN = asCount(head["lastN"]);
    if (head["t"] === "end" && lastN !== undefined && typeof json === "string") {
      items.push({ t: "end", lastN, json });
      continue;
    }
    const [firstN, count] = [asCount(head["firstN"], 1), asCount(head["count"], 1)];
    const [fragments, length] = [asCount(head["fragments"]), asCount(head["bytes"], 1)];
    if (firstN === undefined || count === undefined || fragments === undefined || length === undefined) break;
    if (at + length > bytes.length) break;
    items.push({ t: "lines", chunk: { firstN, count, fragments, cri: bytes.subarray(at, at + length) } });
    at += length;
  }
  return items;
}
