import { countLines } from "../frame/cri.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import { blocksOf, type OpenPatterns } from "./blocks-of.ts";
import type { EpochSizes } from "./limits.ts";
import type { LineJoiner } from "./line-joiner.ts";
import { type Block, type LogPiece, readBlocks } from "./read-blocks.ts";
import { requiredText } from "./required-text.ts";
import type { Scout } from "./scout.ts";
import type { TextEpochs } from "./text-epochs.ts";

/** What an empty pipe takes in one write (pipe(7), "Pipe capacity"). */
const PIPE_BYTES = 65_536;
const LINE_FEED = 0x0a;

interface PieceFeederOptions {
  readonly request: SearchRequest;
  readonly patterns: OpenPatterns;
  readonly sizes: EpochSizes;
  readonly joiner: LineJoiner;
  readonly epochs: TextEpochs;
}

/** Turns pieces of logs into text for ripgrep, without lines that certainly do not match. */
export class PieceFeeder {
  readonly #options: PieceFeederOptions;
  /** ripgrep does not get blocks without this text. */
  readonly #required: Buffer | undefined;
  readonly #space = { buffer: Buffer.alloc(0) };
  #scout: Scout | undefined;

  constructor(options: PieceFeederOptions) {
    this.#options = options;
    this.#required = requiredText(options.request);
  }

  /** Ends the scout; nothing more is read after it. */
  stop(): void {
    this.#scout?.kill();
  }

  /** Yields how many bytes of the piece each step has done; a caller that has enough stops iterating. */
  async *feed(whole: LogPiece): AsyncGenerator<number, void> {
    const { request, patterns, sizes, joiner, epochs } = this.#options;
    const piece = yield* this.#pass(whole);
    if (piece === undefined) return;
    const blocks = blocksOf(piece, {
      ...{ request, patterns, sizes, space: this.#space },
      isOpen: () => joiner.isOpen,
      onScout: (scout) => {
        this.#scout = scout;
      },
    });
    for await (const block of blocks) {
      await this.#feedBlock(block, piece.isWhole === true);
      await epochs.settle();
      yield block.bytes ?? block.cri.length;
    }
  }

  /**
   * Passes over everything before the first block with the required text, and yields as `feed` does. Counts the lines
   * there only if such a block exists; otherwise returns undefined.
   */
  *#pass(piece: LogPiece): Generator<number, LogPiece | undefined> {
    const required = this.#required;
    const { joiner, sizes } = this.#options;
    const { isWhole, sealed, bytes } = piece;
    // A piece of a line may continue in the next block; and for large logs the scout is faster.
    if (required === undefined || isWhole !== true || sealed !== undefined || joiner.isOpen) return piece;
    if (bytes <= sizes.blockBytes || bytes >= sizes.scoutFromBytes) return piece;
    let passed = 0;
    for (const { cri } of readBlocks(piece, sizes.blockBytes, this.#space)) {
      if (cri.includes(required)) return this.#behind(piece, passed);
      passed += cri.length;
      yield cri.length;
    }
    return undefined;
  }

  #behind(piece: LogPiece, passed: number): LogPiece {
    let n = piece.n;
    for (const { cri } of readBlocks({ ...piece, bytes: passed }, this.#options.sizes.blockBytes, this.#space)) {
      n += countLines(cri).lines;
    }
    return { ...piece, at: piece.at + passed, bytes: piece.bytes - passed, n };
  }

  async #feedBlock({ cri, firstN, numbers, passed, isLast }: Block, isWhole: boolean): Promise<void> {
    const { joiner, epochs } = this.#options;
    const from = firstN ?? joiner.nextN;
    if (numbers !== undefined) {
      await epochs.feed(joiner.pushWhole(cri, numbers));
    } else if (passed !== undefined) {
      await epochs.feed(joiner.pass(from, passed));
    } else {
      const isWithout = this.#required !== undefined && !cri.includes(this.#required);
      // Nothing follows, so the line numbers after this block are not needed.
      if (isWithout && isWhole && isLast === true && !joiner.isOpen) return;
      if (!isWithout || !joiner.skip(cri, from)) await this.#push(cri, from);
    }
  }

  /** Writes as much as a pipe takes at once, so that ripgrep reads while the next lines become text. */
  async #push(cri: Buffer, firstN: number): Promise<void> {
    const { joiner, epochs } = this.#options;
    for (let at = 0; at < cri.length; ) {
      const cut = cri.length - at <= PIPE_BYTES ? cri.length : cri.lastIndexOf(LINE_FEED, at + PIPE_BYTES - 1) + 1;
      const end = cut > at ? cut : cri.indexOf(LINE_FEED, at) + 1;
      const text = joiner.push(cri.subarray(at, end), at === 0 ? firstN : joiner.nextN);
      await epochs.feed(text);
      at = end;
    }
  }
}
