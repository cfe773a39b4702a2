/** Reads the data types of RFC 4251, section 5. A read past the end, and bytes left at `end`, are a `RangeError`. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new RangeError("Cannot read past the end");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  text(): string {
    return this.string().toString("latin1");
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError("Cannot accept bytes after the end");
  }
}

/** Encodes a string of RFC 4251: its length in four bytes, then its bytes. */
export function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A number's bytes without leading zeros, filled up to `size`; a `RangeError` if it has more. */
export function unsigned(mpint: Buffer, size?: number): Buffer {
  let from = 0;
  while (from < mpint.length - 1 && mpint[from] === 0) from += 1;
  const digits = mpint.subarray(from);
  if (size === undefined) return digits;
  if (digits.length > size) throw new RangeError("Cannot accept a number of more bytes than its curve has");
  return Buffer.concat([Buffer.alloc(size - digits.length), digits]);
}
