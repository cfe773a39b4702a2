const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const MAX_DIGITS = 9;

/** Octet counting, RFC 6587, section 3.4.1: `LENGTH SP MESSAGE`, repeated. Holds one unfinished frame. */
export class OctetCounting {
  readonly #maxBytes: number;
  readonly #take: (message: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(options: { readonly maxBytes: number; readonly take: (message: Buffer) => void }) {
    this.#maxBytes = options.maxBytes;
    this.#take = options.take;
  }

  /** False if the stream breaks this framing or a frame is too long: nothing after that can be parsed. */
  feed(chunk: Buffer): boolean {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let i = at;
      for (let byte = data[i]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = data[i]) {
        length = length * 10 + (byte - ZERO);
        i += 1;
      }
      if (i - at > MAX_DIGITS || length > this.#maxBytes) return false;
      if (i === data.length) break;
      if (i === at || data[i] !== SPACE) return false;
      if (i + 1 + length > data.length) break;
      this.#take(data.subarray(i + 1, i + 1 + length));
      at = i + 1 + length;
    }
    this.#rest = data.subarray(at);
    return true;
  }
}
