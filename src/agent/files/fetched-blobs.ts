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

interface FetchedBlobsOptions {
  readonly folder: string;
  /**
   * Appends the collector's bytes from `from` on to the file. `missing`: it has no such blob for this node; `differs`: one of another
   * length. Rejects when the connection fails; received bytes stay.
   */
  fetch(
    blob: BlobName,
    to: { readonly path: string; readonly from: number; readonly bytes: number },
  ): Promise<"whole" | "missing" | "differs">;
  readonly log: Log;
  /** Size of the cache; a parameter for tests. */
  readonly maxBytes?: number;
}

type Wanted = BlobName & { readonly bytes: number };

/** A half fetched blob. */
const PART = ".part";
const ATTEMPTS = 3;

/**
 * mlagent's cache of blobs: fetched from the collector, verified, kept until others need the room. An interrupted fetch resumes where
 * it stopped.
 */
export class FetchedBlobs {
  readonly #options: FetchedBlobsOptions;
  /** Fetches that run or wait for their turn, by file: these files are never evicted. */
  readonly #running = new Map<string, Promise<string>>();
  /** Lengths of the blobs being fetched, by file. */
  readonly #coming = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(options: FetchedBlobsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o750 });
    // mlagent-root reads with this group: it has no other right here.
    chmodSync(options.folder, 0o750);
  }

  /** Resolves with "" once the blob is in the cache, otherwise with the reason. */
  want(blob: Wanted): Promise<string> {
    const path = cachedPath(this.#options.folder, blob);
    const known = this.#running.get(path);
    if (known !== undefined) return known;
    if (this.#running.size >= AGENT_LIMITS.waitingBlobs) return Promise.resolve("files");
    const turn = Promise.resolve().then(() => this.#inTurn(() => this.#get(path, blob)));
    const fetched = turn.finally(() => this.#running.delete(path));
    this.#running.set(path, fetched);
    return fetched;
  }

  /** A finished fetch passes its slot to the next one. */
  async #inTurn(work: () => Promise<string>): Promise<string> {
    if (this.#active < AGENT_LIMITS.fetchesAtOnce) this.#active += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#active -= 1;
      else next();
    }
  }

  async #get(path: string, blob: Wanted): Promise<string> {
    try {
      if (sizeOf(path) === blob.bytes) {
        const now = new Date();
        utimesSync(path, now, now);
        return "";
      }
      this.#coming.set(path, blob.bytes);
      if (!this.#makeRoom()) return "files-disk";
      return await this.#fetch(path, blob);
    } catch (error) {
      this.#options.log.event("warning", "cannot fetch a file", { sha256: blob.sha256, error: String(error) });
      return "files";
    } finally {
      this.#coming.delete(path);
    }
  }

  async #fetch(path: string, blob: Wanted): Promise<string> {
    const { fetch } = this.#options;
    const part = path + PART;
    for (let attempt = 1; (sizeOf(part) ?? -1) !== blob.bytes; attempt += 1) {
      if ((sizeOf(part) ?? 0) > blob.bytes) rmSync(part, { force: true });
      if (attempt > ATTEMPTS) return "files-differ";
      try {
        const outcome = await fetch(blob, { path: part, from: sizeOf(part) ?? 0, bytes: blob.bytes });
        if (outcome === "missing") return "files-missing";
        // The collector's blob of this digest has another length.
        if (outcome === "differs") return "files-differ";
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

  /** Evicts the least recently used blobs, but none that is wanted now. False if the fetches would cut into the disk's reserve. */
  #makeRoom(): boolean {
    const { folder, maxBytes = AGENT_LIMITS.cacheBytes } = this.#options;
    const all = readdirSync(folder)
      .map((name) => ({ path: join(folder, name), ...statSync(join(folder, name)) }))
      .sort((a, b) => a.mtimeMs - b.mtimeMs);
    let toCome = 0;
    for (const [path, bytes] of this.#coming) toCome += Math.max(0, bytes - (sizeOf(path + PART) ?? 0));
    let used = all.reduce((sum, { size }) => sum + size, 0);
    const leavesReserve = () => freeBytes(folder) - toCome >= AGENT_LIMITS.cacheReserveBytes;
    for (const { path, size } of all) {
      if (used + toCome <= maxBytes && leavesReserve()) return true;
      if (this.#running.has(path.replace(/\.part$/, ""))) continue;
      rmSync(path, { force: true });
      used -= size;
    }
    return leavesReserve();
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
