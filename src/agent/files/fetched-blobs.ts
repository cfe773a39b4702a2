import { createHash } from "node:crypto";
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { type BlobName, cachedPath } from "./cached-blob.ts";

export interface FetchedBlobsOptions {
  readonly folder: string;
  /**
   * Appends the collector's bytes from `from` on to the file. `missing`: it has no such blob for this node. Rejects when the
   * connection fails; what has come stays.
   */
  fetch(
    blob: BlobName,
    to: { readonly path: string; readonly from: number; readonly bytes: number },
  ): Promise<"whole" | "missing">;
  readonly log: Log;
}

type Wanted = BlobName & { readonly bytes: number };

/** A half fetched blob. */
const PART = ".part";
const ATTEMPTS = 3;

/**
 * mlagent's cache of blobs: fetched from the collector, verified, kept until others need the room. What was cut off goes on where
 * it was cut.
 */
export class FetchedBlobs {
  readonly #options: FetchedBlobsOptions;
  readonly #running = new Map<string, Promise<string>>();
  readonly #waiting: (() => void)[] = [];

  constructor(options: FetchedBlobsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o750 });
    // mlagent-root reads with this group: it has no other right here.
    chmodSync(options.folder, 0o750);
  }

  /** Resolves with "" once it is there, or with why it is not. */
  want(blob: Wanted): Promise<string> {
    const path = cachedPath(this.#options.folder, blob);
    const known = this.#running.get(path);
    if (known !== undefined) return known;
    if (this.#running.size >= AGENT_LIMITS.waitingBlobs) return Promise.resolve("files");
    const fetched = this.#inTurn(() => this.#get(path, blob)).finally(() => this.#running.delete(path));
    this.#running.set(path, fetched);
    return fetched;
  }

  async #inTurn(work: () => Promise<string>): Promise<string> {
    if (this.#running.size >= AGENT_LIMITS.fetchesAtOnce)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#waiting.shift()?.();
    }
  }

  async #get(path: string, blob: Wanted): Promise<string> {
    if (sizeOf(path) === blob.bytes) {
      const now = new Date();
      utimesSync(path, now, now);
      return "";
    }
    try {
      if (!this.#makeRoom(blob.bytes - (sizeOf(path + PART) ?? 0))) return "files-disk";
      return await this.#fetch(path, blob);
    } catch (error) {
      this.#options.log.event("warning", "cannot fetch a file", { sha256: blob.sha256, error: String(error) });
      return "files";
    }
  }

  async #fetch(path: string, blob: Wanted): Promise<string> {
    const { fetch } = this.#options;
    const part = path + PART;
    for (let attempt = 1; (sizeOf(part) ?? -1) !== blob.bytes; attempt += 1) {
      if ((sizeOf(part) ?? 0) > blob.bytes) rmSync(part, { force: true });
      // Of this digest, the collector has a blob of another length.
      if (attempt > ATTEMPTS) return "files-differ";
      try {
        if ((await fetch(blob, { path: part, from: sizeOf(part) ?? 0, bytes: blob.bytes })) === "missing")
          return "files-missing";
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
    if ((await digestOf(part)) !== blob.sha256) {
      rmSync(part, { force: true });
      return "files-differ";
    }
    chmodSync(part, 0o640);
    renameSync(part, path);
    return "";
  }

  /** Removes what was used longest ago, but nothing that is being fetched. False: there is no room. */
  #makeRoom(bytes: number): boolean {
    const { folder } = this.#options;
    const { cacheBytes, cacheReserveBytes } = AGENT_LIMITS;
    const all = readdirSync(folder)
      .map((name) => ({ path: join(folder, name), ...statSync(join(folder, name)) }))
      .sort((a, b) => a.mtimeMs - b.mtimeMs);
    let used = all.reduce((sum, { size }) => sum + size, 0);
    const isFull = () => used + bytes > cacheBytes || freeBytes(folder) - bytes < cacheReserveBytes;
    for (const { path, size } of all) {
      if (!isFull()) return true;
      if (this.#running.has(path.replace(/\.part$/, ""))) continue;
      rmSync(path, { force: true });
      used -= size;
    }
    return freeBytes(folder) - bytes >= cacheReserveBytes;
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
