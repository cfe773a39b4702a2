const LINE_FEED = 0x0a;
/** A record begins a line, and JSON has no line feed in a text. BEGIN stands before every merge. */
const MERGED = Buffer.from('\n{"t":"merged"');
const ABOUT_PLACES = /^\{"t":"(?:stretch|run|mark|cut|sealed)"/;

/** Finds the record of the last merge in a sidecar, from its bytes in pieces. */
export class LastMerge {
  /** Its first byte; 0 if there is none. */
  at = 0;
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;

  take(piece: Buffer): void {
    const bytes = Buffer.concat([this.#tail, piece]);
    const found = bytes.lastIndexOf(MERGED);
    if (found >= 0) this.at = this.#bytes - this.#tail.length + found + 1;
    this.#bytes += piece.length;
    this.#tail = bytes.subarray(Math.max(0, bytes.length - MERGED.length + 1));
  }
}

/**
 * The records of a sidecar that stay valid after its last merge, from its bytes in pieces. Keeps none of the
 * others: there may be a million.
 */
export class ValidRecords {
  /** Where the record of the last merge begins. */
  readonly #mergedAt: number;
  readonly #kept: string[] = [];
  #rest: Buffer = Buffer.alloc(0);
  /** Where the rest begins in the sidecar. */
  #at = 0;

  constructor(mergedAt: number) {
    this.#mergedAt = mergedAt;
  }

  take(piece: Buffer): void {
    const bytes = Buffer.concat([this.#rest, piece]);
    const wholeBytes = bytes.lastIndexOf(LINE_FEED) + 1;
    const voidBytes = Math.max(0, Math.min(wholeBytes, this.#mergedAt - this.#at));
    for (const line of bytes.toString("utf8", 0, voidBytes).split("\n")) {
      // Copied: a slice of a long text would keep all of it in memory.
      if (line !== "" && !ABOUT_PLACES.test(line)) this.#kept.push(Buffer.from(line).toString());
    }
    if (wholeBytes > voidBytes) this.#kept.push(bytes.toString("utf8", voidBytes, wholeBytes - 1));
    this.#rest = bytes.subarray(wholeBytes);
    this.#at += wholeBytes;
  }

  text(): string {
    return this.#kept.map((lines) => `${lines}\n`).join("");
  }
}
