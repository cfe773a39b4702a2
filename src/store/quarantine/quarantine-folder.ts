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

/** `x.keyHash` holds lines and ends, `x.keyHash.begin.uid` a BEGIN: listing a folder is enough to know whose. */
const FILE = /^(\w{26})\.([\w-]{43})(?:\.begin\.(\d{1,10}))?$/;

/** A file of the quarantine, as a start finds it. */
export interface FoundFile {
  readonly identity: SlotIdentity;
  /** Only of a file that holds a BEGIN. */
  readonly uid: number | undefined;
  readonly bytes: number;
  readonly changedAtMs: number;
}

/** The files of the quarantine: a folder for each node. Every method throws what the file system throws. */
export class QuarantineFolder {
  readonly #path: string;
  readonly #durable: boolean;
  readonly #nodes = new Set<string>();

  /** @param options.durable What `append` writes is on the disk when it returns. */
  constructor(options: { readonly path: string; readonly durable: boolean }) {
    this.#path = options.path;
    this.#durable = options.durable;
    mkdirSync(options.path, { recursive: true, mode: 0o700 });
  }

  /** All that an earlier start has left. A file whose name says nothing stays where it is. */
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

  /** Appends all bytes to a file of so many bytes or, when that fails, none. */
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

  /** Undefined when it is gone. */
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
