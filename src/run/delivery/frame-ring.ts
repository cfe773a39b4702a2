import { WIRE_LIMITS } from "../../wire/limits.ts";
import { RUN_LIMITS } from "../limits.ts";

/** Whole frames, one after the other, in `bytes[0..end)`. */
export interface Block {
  readonly bytes: Buffer;
  end: number;
  /** Bytes up to here were passed to the socket. */
  written: number;
  /** Bytes up to here were taken by the kernel: no write needs their memory any more. */
  flushed: number;
}

/**
 * The newest frames of an execution, sent or not. Until the relay's final confirmation nobody knows what it has taken
 * over, so recent frames must be kept for resending. Bounded. Blocks are reused: allocating 64 KiB each time would be
 * the main cost.
 */
export class FrameRing {
  readonly #sentBlocks: number;
  #blocks: Block[] = [];

  /** @param sentBlocks Number of whole blocks kept after they were sent. */
  constructor(sentBlocks: number) {
    this.#sentBlocks = sentBlocks;
  }

  /** A block with room for one frame at its end. Undefined while all blocks hold unsent frames. */
  reserve(): Block | undefined {
    const newest = this.#blocks.at(-1);
    if (newest !== undefined && newest.bytes.length - newest.end >= WIRE_LIMITS.maxFrameBytes) return newest;
    const block = this.#reuse() ?? this.#add();
    if (block !== undefined) this.#blocks.push(block);
    return block;
  }

  /** All blocks, oldest first. */
  blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Marks everything as unsent, for a new connection. */
  rewind(): void {
    for (const block of this.#blocks) {
      block.written = 0;
      block.flushed = 0;
    }
  }

  /** Hands over everything, oldest first, and empties the ring. Call it only when no socket reads the memory. */
  drain(take: (frames: Buffer) => void): void {
    for (const block of this.#blocks) if (block.end > 0) take(block.bytes.subarray(0, block.end));
    this.#blocks.length = Math.min(this.#blocks.length, 1);
    for (const block of this.#blocks) block.end = 0;
    this.rewind();
  }

  #reuse(): Block | undefined {
    const next = this.#blocks[this.#sentBlocks];
    if (next === undefined || next.flushed < next.end) return undefined;
    const oldest = this.#blocks.shift();
    if (oldest !== undefined) Object.assign(oldest, { end: 0, written: 0, flushed: 0 });
    return oldest;
  }

  #add(): Block | undefined {
    if (this.#blocks.length === this.#sentBlocks + RUN_LIMITS.unsentBlocks) return undefined;
    return { bytes: Buffer.allocUnsafeSlow(RUN_LIMITS.blockBytes), end: 0, written: 0, flushed: 0 };
  }
}
