import { countLines } from "../frame/cri.ts";
import { CRI } from "../wire/cri.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { type Block, type LogPiece, readBlocks } from "./read-blocks.ts";
import { readMembers } from "./read-members.ts";
import type { ScoutPass } from "./ripgrep-arguments.ts";
import type { Scout } from "./scout.ts";
import type { FoundLines } from "./scout-output.ts";

const LETTER_P = 0x50;
/** Bytes read at a time until no line is open: few other lines usually stand between the pieces of one. */
const CLOSING_BYTES = 16_384;
const NO_GRAMS = new Uint32Array(0);
const NOTHING: Block = { cri: Buffer.alloc(0), firstN: undefined };

/** A piece of a log, and its scouts. */
interface Reader {
  readonly piece: LogPiece;
  /** Starts a scout at the piece's beginning. */
  readonly start: (pass: ScoutPass) => Scout;
  readonly firstPass: ScoutPass;
  /** Whether a line is open after the last block. */
  readonly isOpen: () => boolean;
  readonly sizes: Pick<EpochSizes, "blockBytes" | "namedSoon" | "manyNamed">;
}

/**
 * Yields the lines of a log that a scout names and, after a piece of a line, all lines until none is open. If the scout
 * names too many, or fails, yields everything from there on.
 */
export async function* scoutedBlocks(reader: Reader): AsyncGenerator<Block> {
  const { piece, firstPass, sizes } = reader;
  const lines = new NamedLines(reader);
  let scout = reader.start(firstPass);
  try {
    yield* lines.close();
    yield* follow(scout, lines);
    if (!scout.hasFailed && !lines.areAll && firstPass === "soon" && scout.named >= sizes.namedSoon) {
      await scout.end();
      // Starts over: the first pass found its lines so quickly that it read little.
      scout = reader.start("all");
      yield* follow(scout, lines);
    }
  } finally {
    await scout.end();
  }
  if (scout.hasFailed) yield* allBlocks(lines.rest, sizes.blockBytes);
  else if (scout.error !== undefined) throw scout.error;
  else yield { ...NOTHING, bytes: piece.at + piece.bytes - lines.rest.at };
}

async function* follow(scout: Scout, lines: NamedLines): AsyncGenerator<Block> {
  for (let found = await scout.next(); found !== undefined; found = await scout.next()) {
    if (found === "quiet") yield NOTHING;
    else yield* lines.take(found);
    if (lines.areTooMany || scout.hasFailed) scout.kill();
    else if (lines.areAll) scout.enough();
    else continue;
    return;
  }
}

/** All lines of a piece. */
function allBlocks(piece: LogPiece, blockBytes: number): Generator<Block> {
  const { sealed } = piece;
  return sealed === undefined ? readBlocks(piece, blockBytes) : readMembers({ ...piece, sealed }, NO_GRAMS);
}

/** Follows the scout through the log. */
class NamedLines {
  readonly #reader: Reader;
  readonly #end: number;
  /** Where the part not yet read or passed over begins, and the number of its first line. */
  #at: number;
  #n: number;
  /** Lines named since the count began, and the line number at which it began. */
  #named = 0;
  #namedFrom: number;
  #areTooMany = false;
  #areAll = false;

  constructor(reader: Reader) {
    const { at, bytes, n } = reader.piece;
    this.#reader = reader;
    this.#end = at + bytes;
    [this.#at, this.#n, this.#namedFrom] = [at, n, n];
  }

  get areTooMany(): boolean {
    return this.#areTooMany;
  }

  /** Whether the scout has passed the end of the piece. */
  get areAll(): boolean {
    return this.#areAll;
  }

  get rest(): LogPiece {
    return { ...this.#reader.piece, at: this.#at, bytes: this.#end - this.#at, n: this.#n };
  }

  /** Yields all lines until none is open. */
  *close(): Generator<Block> {
    if (!this.#reader.isOpen() || this.#at >= this.#end) return;
    const blockBytes = Math.min(this.#reader.sizes.blockBytes, CLOSING_BYTES);
    for (const block of allBlocks(this.rest, blockBytes)) {
      const { lines } = countLines(block.cri);
      this.#at += block.cri.length;
      this.#n += lines;
      this.#named += lines;
      yield block;
      if (!this.#reader.isOpen()) return;
    }
  }

  *take({ cri, numbers, places, starts }: FoundLines): Generator<Block> {
    const { piece } = this.#reader;
    let [from, before] = [0, this.#at];
    const whole: number[] = [];
    for (const [i, start] of starts.entries()) {
      const place = (places[i] ?? 0) + piece.at;
      const end = starts[i + 1] ?? cri.length;
      const isBehind = place + end - start > this.#end;
      this.#areAll ||= isBehind;
      // Already read while a line was open, or after the piece's end, as lines stored since are.
      const isOther = place < this.#at || isBehind;
      const isPiece = cri[start + CRI.tagAt] === LETTER_P;
      if (isOther || isPiece) {
        if (whole.length > 0) yield this.#whole(cri.subarray(from, start), whole.splice(0), before);
        before = this.#at;
        from = end;
      }
      if (isOther) continue;
      const n = piece.n + (numbers[i] ?? 1) - 1;
      this.#at = place + end - start;
      this.#n = n + 1;
      this.#named += 1;
      if (!isPiece) {
        whole.push(n);
        continue;
      }
      yield { cri: cri.subarray(start, end), firstN: n, bytes: this.#at - before };
      yield* this.close();
      before = this.#at;
    }
    if (whole.length > 0) yield this.#whole(cri.subarray(from), whole, before);
    this.#judge();
  }

  #whole(cri: Buffer, numbers: readonly number[], before: number): Block {
    return { cri, firstN: undefined, numbers, bytes: this.#at - before };
  }

  #judge(): void {
    if (this.#named < this.#reader.sizes.manyNamed) return;
    this.#areTooMany = this.#n - this.#namedFrom < this.#named * SEARCH_LIMITS.leastLinesANamed;
    [this.#named, this.#namedFrom] = [0, this.#n];
  }
}
