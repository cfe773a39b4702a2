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

/** The patterns of a search: files for its ripgreps, and grams for filters. */
export interface OpenPatterns {
  readonly patternFd: number;
  /** Undefined if stored lines cannot be scouted for this pattern. */
  readonly scoutFd: number | undefined;
  /** Every line in the answer contains these grams. */
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

/** Reads a piece of a log in the cheapest way, and skips lines that certainly do not match. */
export function blocksOf(
  piece: LogPiece,
  options: {
    readonly request: SearchRequest;
    readonly patterns: OpenPatterns;
    readonly sizes: EpochSizes;
    readonly space: BlockSpace;
    /** Whether a line is open after the last block. */
    readonly isOpen: () => boolean;
    /** Gets the scout, which the caller kills if the search is stopped. */
    readonly onScout: (scout: Scout) => void;
  },
): Iterable<Block> | AsyncIterable<Block> {
  const { request, patterns, sizes, space, isOpen, onScout } = options;
  const { scoutFd, grams } = patterns;
  const { sealed, fd, at, bytes } = piece;
  const packed = sealed === undefined ? undefined : { ...piece, sealed };
  // Nothing is faster where filters exclude most members.
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
