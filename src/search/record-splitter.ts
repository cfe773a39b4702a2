const LINE_FEED = 0x0a;

/** Splits ripgrep's output into lines, and drops the part of a line beyond `maxBytes`. */
export class RecordSplitter {
  readonly #maxBytes: number;
  readonly #onRecord: (record: Buffer) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(options: { readonly maxBytes: number; readonly onRecord: (record: Buffer) => void }) {
    this.#maxBytes = options.maxBytes;
    this.#onRecord = options.onRecord;
  }

  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, at)) {
      this.#keep(chunk.subarray(at, end));
      const [first = chunk.subarray(0, 0), ...others] = this.#parts;
      const record = others.length === 0 ? first : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
      at = end + 1;
      this.#onRecord(record);
    }
    this.#keep(chunk.subarray(at));
  }

  #keep(part: Buffer): void {
    const bytes = Math.min(part.length, this.#maxBytes - this.#bytes);
    if (bytes === 0) return;
    this.#parts.push(part.subarray(0, bytes));
    this.#bytes += bytes;
  }
}
