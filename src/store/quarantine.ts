import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Chunk } from "../frame/chunk.ts";
import { asCount, asRecord, parseJson } from "../wire/record.ts";

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

const LINE_FEED = 0x0a;

/**
 * Frames without an owner: their BEGIN has not come, or their key fits nothing. Kept on disk within quotas until the
 * BEGIN that fits claims them; nobody else ever sees them. One file for each identity: a JSON line, then the bytes of
 * that record.
 */
export class Quarantine {
  readonly #folder: string;
  readonly #limits: QuarantineLimits;
  /** Bytes by file, by node. */
  readonly #nodes = new Map<string, Map<string, number>>();
  /** Bytes of each node, kept beside: a flood must not make each frame count all files. */
  readonly #nodeBytes = new Map<string, number>();

  constructor(folder: string, limits: QuarantineLimits) {
    this.#folder = folder;
    this.#limits = limits;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const node of readdirSync(folder)) {
      const files = new Map<string, number>();
      for (const name of readdirSync(join(folder, node))) files.set(name, statSync(join(folder, node, name)).size);
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
  add(identity: { node: string; x: string; keyHash: string }, item: QuarantinedItem): string | undefined {
    const name = fileName(identity);
    const files = this.#nodes.get(identity.node) ?? new Map<string, number>();
    const size = files.get(name) ?? 0;
    const bytes = encode(item);
    if (size === 0 && files.size >= this.#limits.maxExecutionsPerNode) return "quarantine-executions";
    if (size + bytes.length > this.#limits.maxExecutionBytes) return "quarantine-execution-bytes";
    const nodeBytes = this.#nodeBytes.get(identity.node) ?? 0;
    if (nodeBytes + bytes.length > this.#limits.maxNodeBytes) return "quarantine-node-bytes";
    const path = join(this.#folder, identity.node, name);
    if (!this.#nodes.has(identity.node)) {
      mkdirSync(join(this.#folder, identity.node), { recursive: true, mode: 0o700 });
      this.#nodes.set(identity.node, files);
    }
    try {
      appendFileSync(path, bytes, { mode: 0o600 });
    } catch (error) {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) truncateSync(path, size);
      throw error;
    }
    files.set(name, size + bytes.length);
    this.#grow(identity.node, bytes.length);
    return undefined;
  }

  /** What is kept for an identity, in the order of arrival. */
  read(identity: { node: string; x: string; keyHash: string }): QuarantinedItem[] {
    const name = fileName(identity);
    if (this.#nodes.get(identity.node)?.has(name) !== true) return [];
    return decode(readFileSync(join(this.#folder, identity.node, name)));
  }

  remove(identity: { node: string; x: string; keyHash: string }): void {
    const files = this.#nodes.get(identity.node);
    const name = fileName(identity);
    const size = files?.get(name);
    if (files === undefined || size === undefined) return;
    files.delete(name);
    this.#grow(identity.node, -size);
    rmSync(join(this.#folder, identity.node, name), { force: true });
  }

  /** Throws away what nobody claimed in time. Returns how many identities that were. */
  expire(nowMs: number): number {
    let expired = 0;
    for (const [node, files] of this.#nodes) {
      for (const [name, size] of [...files]) {
        const path = join(this.#folder, node, name);
        const changedAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
        if (nowMs - changedAtMs <= this.#limits.maxAgeMs) continue;
        rmSync(path, { force: true });
        files.delete(name);
        this.#grow(node, -size);
        expired += 1;
      }
    }
    return expired;
  }

  #grow(node: string, bytes: number): void {
    this.#nodeBytes.set(node, (this.#nodeBytes.get(node) ?? 0) + bytes);
  }
}

function fileName(identity: { x: string; keyHash: string }): string {
  return `${identity.x}.${identity.keyHash}`;
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
