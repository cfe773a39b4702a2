import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type ReadFile, readFileAt } from "../disk/quick-reads.ts";
import { type MemberTable, memberAt } from "./member-table.ts";

const inflate = promisify(gunzip);

/** The text of a log in an open file, sealed or not. */
export interface LogText {
  /**
   * Bytes from `at` on, at most `most`: fewer at the end of a file or of a member, none beyond the end.
   *
   * @param into Buffer of at least `most` bytes, which may be used.
   */
  read(at: number, most: number, into?: Buffer): Promise<Buffer>;
}

interface LogTextOptions {
  readonly fd: number;
  /** Members of a sealed log. */
  readonly members: MemberTable | undefined;
  /** Reads a log that is not sealed. */
  readonly readFile: ReadFile;
}

/** Reading rejects with the file system's error, or with a similar one if a member is damaged. */
export function logText({ fd, members, readFile }: LogTextOptions): LogText {
  if (members !== undefined) return new SealedText(fd, members);
  return {
    read: async (at, most, into = Buffer.allocUnsafe(most)) => {
      const bytesRead = await readFile(fd, into.subarray(0, most), at);
      return into.subarray(0, bytesRead);
    },
  };
}

class SealedText implements LogText {
  readonly #fd: number;
  readonly #members: MemberTable;
  /** The member read last: the next bytes are often in it. */
  #last: { readonly member: number; readonly text: Buffer } | undefined;

  constructor(fd: number, members: MemberTable) {
    this.#fd = fd;
    this.#members = members;
  }

  async read(at: number, most: number): Promise<Buffer> {
    const { textAt } = this.#members;
    if (at >= (textAt.at(-1) ?? 0)) return Buffer.alloc(0);
    const member = memberAt(textAt, at);
    const text = this.#last?.member === member ? this.#last.text : await this.#inflate(member);
    this.#last = { member, text };
    const from = at - (textAt[member] ?? 0);
    return text.subarray(from, from + most);
  }

  async #inflate(member: number): Promise<Buffer> {
    const { fileAt, textAt } = this.#members;
    const [from = 0, to = 0] = [fileAt[member], fileAt[member + 1]];
    const bytes = (textAt[member + 1] ?? 0) - (textAt[member] ?? 0);
    const packed = Buffer.allocUnsafe(to - from);
    const packedBytes = await readFileAt(this.#fd, packed, from);
    try {
      const text = await inflate(packed.subarray(0, packedBytes), { maxOutputLength: bytes });
      if (text.length === bytes) return text;
    } catch {
      // Treated like a member that is too short.
    }
    // Has the same code as a damaged disk block.
    throw Object.assign(new Error(`Cannot read a sealed log: the member at byte ${from} is damaged`), {
      code: "EIO",
      syscall: "gunzip",
    });
  }
}
