import type { Chunk } from "../../frame/chunk.ts";
import type { EnvelopeView } from "../../frame/envelope.ts";
import { criBytesAtMost, writeCriLines } from "../../frame/unescape.ts";
import { CRI } from "../../wire/cri.ts";

/** Initial size of a buffer; one short line takes this much. */
export const FIRST_BYTES = 4_096;
/** Bytes of grown buffers that are kept, for all connections together. */
const MAX_LARGE_BYTES = 16 * 1_048_576;
const SPACE = 0x20;
/** Length of the time without its zone, which in CRI lines is always UTC, spelled the same. */
const TIME_BYTES = CRI.timeCharacters - 1;
const STDOUT_TAG = Buffer.from("Z stdout F ");
const STDERR_TAG = Buffer.from("Z stderr F ");

/**
 * A bounded pool of buffers for builders: a batch of a thousand executions needs a thousand at once. It keeps grown
 * buffers as well: V8 counts their bytes towards its heap, so allocating new ones would make it mark the whole heap
 * many times a second.
 */
export class BufferPool {
  readonly #free: Buffer[] = [];
  readonly #freeLarge: Buffer[] = [];
  readonly #maxBuffers: number;
  #largeBytes = 0;

  constructor(maxBuffers: number) {
    this.#maxBuffers = maxBuffers;
  }

  /** @param bytes Least size of the buffer. */
  take(bytes = FIRST_BYTES): Buffer {
    if (bytes <= FIRST_BYTES) return this.#free.pop() ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    const last = this.#freeLarge.at(-1);
    if (last === undefined || last.length < bytes) return Buffer.allocUnsafeSlow(bytes);
    this.#freeLarge.pop();
    this.#largeBytes -= last.length;
    return last;
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === FIRST_BYTES) {
      if (this.#free.length < this.#maxBuffers) this.#free.push(buffer);
    } else if (this.#largeBytes + buffer.length <= MAX_LARGE_BYTES) {
      this.#freeLarge.push(buffer);
      this.#largeBytes += buffer.length;
    }
  }
}

/** Consecutive frames of one execution, decoded into one run of CRI lines. */
export class ChunkBuilder {
  readonly #pool: BufferPool;
  #buffer: Buffer | undefined;
  #bytes = 0;
  #firstN = 0;
  #count = 0;
  #fragments = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether a frame that starts with line `n` continues the lines held. */
  continues(n: number): boolean {
    return n === this.#firstN + this.#count;
  }

  /**
   * Decodes a frame after the lines held. The caller has checked that it continues them, or that none are held.
   *
   * @returns CRI bytes added, or -1 if the frame's text breaks the grammar; then nothing has changed.
   */
  add(data: Buffer, view: EnvelopeView): number {
    const at = this.#bytes;
    const buffer = this.#room(at + criBytesAtMost(view, CRI.prefixCharacters));
    for (let i = 0; i < TIME_BYTES; i += 1) buffer[at + i] = data[view.timeAt + i] ?? SPACE;
    const tag = view.isStderr ? STDERR_TAG : STDOUT_TAG;
    for (let i = 0; i < tag.length; i += 1) buffer[at + TIME_BYTES + i] = tag[i] ?? SPACE;
    const { textAt, textEnd, count, fragment } = view;
    const end = writeCriLines(buffer, at, CRI.prefixCharacters, { data, textAt, textEnd, count, fragment });
    if (end < 0) {
      if (this.#count === 0) this.#letGo(buffer);
      return -1;
    }
    if (this.#count === 0) this.#firstN = view.n;
    this.#count += view.count;
    if (fragment) this.#fragments += 1;
    this.#bytes = end;
    return end - at;
  }

  /** Hands over the lines held and starts empty. The bytes are valid until the buffer returns to the pool. */
  take(): { chunk: Chunk; buffer: Buffer } | undefined {
    const buffer = this.#buffer;
    if (buffer === undefined || this.#count === 0) return undefined;
    const cri = buffer.subarray(0, this.#bytes);
    const chunk = { firstN: this.#firstN, count: this.#count, fragments: this.#fragments, cri };
    this.#buffer = undefined;
    this.#bytes = 0;
    this.#count = 0;
    this.#fragments = 0;
    return { chunk, buffer };
  }

  /** A builder without lines is never taken, so it keeps no buffer: invented ids would hold one each. */
  #letGo(buffer: Buffer): void {
    this.#pool.giveBack(buffer);
    this.#buffer = undefined;
  }

  #room(bytes: number): Buffer {
    const buffer = this.#buffer ?? this.#pool.take();
    this.#buffer = buffer;
    if (buffer.length >= bytes) return buffer;
    const larger = this.#pool.take(Math.max(bytes, buffer.length * 2));
    buffer.copy(larger, 0, 0, this.#bytes);
    this.#pool.giveBack(buffer);
    this.#buffer = larger;
    return larger;
  }
}
