import { fstatSync } from "node:fs";
import type { SearchRequest } from "../wire/search-request.ts";
import type { EpochSizes } from "./limits.ts";
import { openPattern, patternOf } from "./pattern-file.ts";
import { type Block, type BlockSpace, type LogPiece, readBlocks } from "./read-blocks.ts";
import { memberTexts, readMembers } from "./read-members.ts";
import { requiredGrams } from "./required-text.ts";
import { type ScoutPass, scoutArguments } from "./ripgrep-arguments.ts";
import { Scout } from "./scout.ts";
import { scoutCase, scoutPattern } from "./scout-pattern.ts";
import { scoutedBlocks } from "./scouted-blocks.ts";

/** What a search is to find: the files for its ripgreps, and what filters say of it. */
export interface OpenPatterns {
  readonly patternFd: number;
  /** Undefined: nothing can be said about lines as they are stored. */
  readonly scoutFd: number | undefined;
  /** Without these grams no line can be in the answer. */
  readonly grams: Uint32Array;
}

/** The caller closes them. */
export function openPatterns(request: SearchRequest): OpenPatterns {
  const scouted = scoutPattern(request);
  const scoutFd = scouted === undefined ? undefined : openPattern(scouted);
  return { patternFd: openPattern(patternOf(request)), scoutFd, grams: requiredGrams(request) };
}

/** A scout of a file begins where the file does, and may read it to its end. */
function isMostOf(fd: number, { at, bytes }: { readonly at: number; readonly bytes: number }): boolean {
  return at === 0 && 2 * bytes >= fstatSync(fd).size;
}

/** What a piece of a log holds, without what certainly does not matter, in the cheapest way that there is. */
export function blocksOf(
  piece: LogPiece,
  options: {
    readonly request: SearchRequest;
    readonly patterns: OpenPatterns;
    readonly sizes: EpochSizes;
    readonly space: BlockSpace;
    /** Whether a line is open after the last block. */
    readonly isOpen: () => boolean;
    /** The scout that is used, to be killed when the search is stopped. */
    readonly onScout: (scout: Scout) => void;
  },
): Iterable<Block> | AsyncIterable<Block> {
  const { request, patterns, sizes, space, isOpen, onScout } = options;
  const { scoutFd, grams } = patterns;
  const { sealed, fd, at, bytes } = piece;
  const packed = sealed === undefined ? undefined : { ...piece, sealed };
  // Where filters know that there is little to read, nothing is faster.
  if (packed?.sealed.filterFd !== undefined && grams.length > 0) return readMembers(packed, grams);
  const isPlain =
    scoutFd === undefined || bytes < sizes.scoutFromBytes || (packed === undefined && !isMostOf(fd, { at, bytes }));
  if (isPlain) return packed === undefined ? readBlocks(piece, sizes.blockBytes, space) : readMembers(packed, grams);
  const letters = scoutCase(request);
  const start = (pass: ScoutPass): Scout => {
    const log = packed === undefined ? fd : memberTexts(packed);
    const scout = new Scout({ log, args: scoutArguments(letters, pass, sizes.namedSoon), patternFd: scoutFd });
    onScout(scout);
    return scout;
  };
  const isLong = packed === undefined && bytes >= sizes.scoutTwiceFromBytes;
  const firstPass = isLong ? "soon" : packed === undefined ? "all" : "each";
  return scoutedBlocks({ piece, start, firstPass, isOpen, sizes });
}
