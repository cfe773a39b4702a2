import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { BlobView } from "../../wire/fleet/blob.ts";
import { DiskRoom } from "./disk-room.ts";

interface BlobStoreOptions {
  readonly folder: string;
  readonly maxBytesPerUser: number;
  readonly wallMs: () => number;
  /** No room for a piece. */
  readonly onRefused: (why: "quota" | "disk") => void;
  /** Free bytes of the folder's disk; a parameter for tests, otherwise statfs(2). */
  readonly freeBytes?: (folder: string) => number;
}

/** Consecutive bytes of a blob. */
interface BlobPiece {
  readonly owner: string;
  readonly sha256: string;
  /** Length of the whole blob. */
  readonly bytes: number;
  /** Where the data begins. */
  readonly offset: number;
  readonly data: AsyncIterable<Buffer>;
}

type Appended =
  | { readonly is: "stored"; readonly view: BlobView }
  /**
   * `offset`: other bytes are expected, see `view`. `busy`: another request is sending it. `digest`: the complete data has
   * another digest and was discarded.
   */
  | { readonly is: "offset" | "busy" | "digest" | "quota" | "disk" | "long"; readonly view: BlobView };

const MAX_BLOBS_PER_USER = 1_024;
/** Kept this long after it was last sent or named in an order. */
const KEEP_MS = 86_400_000;
/** An incomplete blob: SHA256.BYTES.part. */
const PART = /^([0-9a-f]{64})\.(\d{1,16})\.part$/;

/**
 * Users' files for nodes, by the digest of their bytes: `OWNER/SHA256`. Blobs belong to (owner, digest): nobody learns from a digest
 * whether another user has such a file.
 */
export class BlobStore {
  readonly #options: BlobStoreOptions;
  readonly #busy = new Set<string>();
  readonly #room: DiskRoom;

  constructor(options: BlobStoreOptions) {
    this.#options = options;
    this.#room = new DiskRoom(options.folder, options.freeBytes);
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    for (const folder of readdirSync(options.folder)) {
      for (const name of this.#names(decodeURIComponent(folder))) {
        const path = join(options.folder, folder, name);
        const bytes = PART.exec(name)?.[2];
        if (bytes === undefined) continue;
        const { size, mtimeMs } = statSync(path);
        this.#room.owes(path, { bytes: Number(bytes) - size, atMs: mtimeMs });
      }
    }
  }

  /** Undefined if no byte of it is stored. */
  view(owner: string, sha256: string): BlobView | undefined {
    const whole = statSync(this.#path(owner, sha256), { throwIfNoEntry: false })?.size;
    if (whole !== undefined) return { sha256, bytes: whole, received: whole, isWhole: true };
    const part = this.#names(owner).find((name) => PART.exec(name)?.[1] === sha256);
    if (part === undefined) return undefined;
    const received = statSync(join(this.#ownFolder(owner), part), { throwIfNoEntry: false })?.size ?? 0;
    return { sha256, bytes: Number(PART.exec(part)?.[2]), received, isWhole: false };
  }

  /** Whether a complete blob of this size is stored. Counts as a use. */
  has(owner: string, { sha256, bytes }: Pick<BlobView, "sha256" | "bytes">): boolean {
    return this.use(owner, sha256) !== undefined && this.view(owner, sha256)?.bytes === bytes;
  }

  /** The file of a complete blob. Counts as a use. */
  use(owner: string, sha256: string): string | undefined {
    const path = this.#path(owner, sha256);
    try {
      const seconds = this.#options.wallMs() / 1_000;
      utimesSync(path, seconds, seconds);
      return path;
    } catch {
      return undefined;
    }
  }

  /** Appends the next bytes. Received bytes stay if the connection breaks. */
  async append(piece: BlobPiece): Promise<Appended> {
    const outcome = await this.#append(piece);
    if (outcome.is === "quota" || outcome.is === "disk") this.#options.onRefused(outcome.is);
    return outcome;
  }

  async #append(piece: BlobPiece): Promise<Appended> {
    const { owner, sha256, bytes, offset } = piece;
    const key = `${owner}\0${sha256}`;
    const seen = this.view(owner, sha256);
    const known = seen ?? { sha256, bytes, received: 0, isWhole: false };
    if (known.isWhole) return { is: "stored", view: known };
    if (this.#busy.has(key)) return { is: "busy", view: known };
    if (offset !== known.received || bytes !== known.bytes) return { is: "offset", view: known };
    // A blob under way counts with its announced length.
    if (seen === undefined && this.#isOverQuota(owner, bytes)) return { is: "quota", view: known };
    const part = this.#part(piece);
    if (!this.#room.hasFor(part, bytes - offset, this.#options.wallMs())) return { is: "disk", view: known };
    this.#busy.add(key);
    try {
      return await this.#write(part, piece);
    } finally {
      this.#busy.delete(key);
    }
  }

  /** Removes blobs unused for a day, unless an open order names them. Returns their number. */
  expire(isNamed: (owner: string, sha256: string) => boolean): number {
    const beforeMs = this.#options.wallMs() - KEEP_MS;
    let removed = 0;
    for (const folder of readdirSync(this.#options.folder)) {
      const owner = decodeURIComponent(folder);
      for (const name of this.#names(owner)) {
        const path = join(this.#options.folder, folder, name);
        const sha256 = name.slice(0, 64);
        if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? beforeMs) >= beforeMs || isNamed(owner, sha256))
          continue;
        this.#remove(path);
        removed += 1;
      }
    }
    return removed;
  }

  /** Bytes of all users, for the metrics. */
  bytes(): number {
    return readdirSync(this.#options.folder).reduce(
      (sum, folder) => sum + this.#bytesOf(decodeURIComponent(folder)),
      0,
    );
  }

  async #write(part: string, { owner, sha256, bytes, offset, data }: BlobPiece): Promise<Appended> {
    mkdirSync(this.#ownFolder(owner), { recursive: true, mode: 0o700 });
    let received = offset;
    // Before the first await, so that the next request counts it.
    closeSync(openSync(part, "a", 0o600));
    const owe = () => this.#room.owes(part, { bytes: bytes - received, atMs: this.#options.wallMs() });
    owe();
    const view = (): BlobView => ({ sha256, bytes, received, isWhole: false });
    const file = await open(part, "a", 0o600);
    try {
      for await (const chunk of data) {
        if (received + chunk.length > bytes) return { is: "long", view: view() };
        await file.appendFile(chunk);
        received += chunk.length;
        owe();
      }
      if (received === bytes) await file.sync();
    } catch (error) {
      if (isFull(error)) return { is: "disk", view: view() };
      // The connection broke: the stored bytes count.
      if (received === offset) throw error;
      return { is: "stored", view: view() };
    } finally {
      await file.close();
    }
    if (received < bytes) return { is: "stored", view: view() };
    if ((await digestOf(part)) !== sha256) {
      this.#remove(part);
      received = 0;
      return { is: "digest", view: view() };
    }
    renameSync(part, this.#path(owner, sha256));
    this.#room.settle(part);
    return { is: "stored", view: { sha256, bytes, received, isWhole: true } };
  }

  #isOverQuota(owner: string, bytes: number): boolean {
    const { maxBytesPerUser } = this.#options;
    const isMuch = maxBytesPerUser > 0 && this.#bytesOf(owner) + bytes > maxBytesPerUser;
    return isMuch || this.#names(owner).length >= MAX_BLOBS_PER_USER;
  }

  /** A blob under way reserves its full length at once. */
  #bytesOf(owner: string): number {
    return this.#names(owner).reduce((sum, name) => {
      const announced = PART.exec(name)?.[2];
      const path = join(this.#ownFolder(owner), name);
      return (
        sum + (announced === undefined ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : Number(announced))
      );
    }, 0);
  }

  #names(owner: string): readonly string[] {
    try {
      return readdirSync(this.#ownFolder(owner));
    } catch {
      return [];
    }
  }

  #ownFolder(owner: string): string {
    return join(this.#options.folder, encodeURIComponent(owner));
  }

  #part({ owner, sha256, bytes }: BlobPiece): string {
    return join(this.#ownFolder(owner), `${sha256}.${bytes}.part`);
  }

  #remove(path: string): void {
    rmSync(path, { force: true });
    this.#room.settle(path);
  }

  #path(owner: string, sha256: string): string {
    return join(this.#ownFolder(owner), sha256);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
