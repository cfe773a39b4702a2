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
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { syncFolder } from "../disk/create-file.ts";

/** `x.keyHash` holds lines and ends, `x.keyHash.begin.uid` a BEGIN: a listing shows which uid each belongs to. */
const FILE = /^(\w{26})\.([\w-]{43})(?:\.begin\.(\d{1,10}))?$/;

/** A file found in the quarantine at the start. */
interface FoundFile {
  readonly identity: SlotIdentity;
  /** Only for a file that holds a BEGIN. */
  readonly uid: number | undefined;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** The files of the quarantine: one folder per node. Every method throws file system errors. */
export class QuarantineFolder {
  readonly #path: string;
  readonly #durable: boolean;
  readonly #nodes = new Set<string>();

  /** @param options.durable Data from `append` is on the disk when it returns. */
  constructor(options: { readonly path: string; readonly durable: boolean }) {
    this.#path = options.path;
    this.#durable = options.durable;
    mkdirSync(options.path, { recursive: true, mode: 0o700 });
  }

  /** All files left by an earlier start. A file with an unknown name is left alone. */
  *find(): Generator<FoundFile> {
    for (const node of readdirSync(this.#path)) {
      this.#nodes.add(node);
      for (const name of readdirSync(join(this.#path, node))) {
        const [, x, keyHash, uid] = FILE.exec(name) ?? [];
        if (x === undefined || keyHash === undefined) continue;
        const { size, mtimeMs } = statSync(join(this.#path, node, name));
        const identity = { node, x, keyHash };
        // The collector ended before it wrote anything.
        if (size === 0) this.remove(node, name);
        else yield { identity, uid: uid === undefined ? undefined : Number(uid), bytes: size, changedAtMs: mtimeMs };
      }
    }
  }

  /** Appends all bytes to a file of this size or, on failure, none. */
  append(file: { readonly node: string; readonly name: string; readonly size: number }, bytes: Buffer): void {
    const { node, name, size } = file;
    const folder = join(this.#path, node);
    const path = join(folder, name);
    if (!this.#nodes.has(node)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      if (this.#durable) syncFolder(this.#path);
      this.#nodes.add(node);
    }
    try {
      appendFileSync(path, bytes, { mode: 0o600, flush: this.#durable });
      if (this.#durable && size === 0) syncFolder(folder);
    } catch (error) {
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) truncateSync(path, size);
      throw error;
    }
  }

  /** Undefined if it is gone. */
  read(node: string, name: string): Buffer | undefined {
    const path = join(this.#path, node, name);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  remove(node: string, name: string): void {
    rmSync(join(this.#path, node, name), { force: true });
  }
}

export function itemsName({ x, keyHash }: SlotIdentity): string {
  return `${x}.${keyHash}`;
}

export function beginName(identity: SlotIdentity, uid: number): string {
  return `${itemsName(identity)}.begin.${uid}`;
}
