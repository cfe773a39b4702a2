import { CRI } from "../../wire/cri.ts";
import type { ReadSpace } from "./read-space.ts";

/** Reads bytes of a log's text: fewer at its end, or where that is cheaper. */
export type ReadText = (at: number, most: number, into?: Buffer) => Promise<Buffer>;

const LINE_FEED = 0x0a;
/** About eighty lines: in a steady log a guess is rarely further off. */
const PROBE_BYTES = 8_192;
/** A line is at most a few frames of mlrun; beyond this the text is not a log. */
export const MAX_LINE_BYTES = 4_194_304;
const MAX_PROBES = 64;

interface Seek {
  readonly read: ReadText;
  readonly space: ReadSpace;
  /** Where to search: from a line's beginning, with about its time, to the end of a line. */
  readonly from: number;
  readonly to: number;
  readonly fromTime: string;
  readonly toTime: string;
  readonly time: string;
}

/**
 * Where the first line begins that was printed at `time` or later; `to` if none was.
 *
 * Searches the text itself, since times in a log grow. Interpolates between the times on both sides, because most logs
 * are steady, and bisects every other time, because some are not.
 */
export async function seekTime({ read, space, from, to, fromTime, toTime, time }: Seek): Promise<number> {
  const wantedMs = Date.parse(time);
  // The first line of the time begins within low..high, or at `found`.
  let [low, high, found] = [from, to, to];
  let [lowMs, highMs] = [Date.parse(fromTime), Date.parse(toTime)];
  for (let probe = 0; probe < MAX_PROBES && low < high; probe += 1) {
    const part = (wantedMs - lowMs) / (highMs - lowMs);
    const guess = probe % 2 === 0 && Number.isFinite(part) ? low + part * (high - low) : (low + high) / 2;
    const at = Math.max(low, Math.min(Math.floor(guess - PROBE_BYTES / 2), high - 1));
    const lines = await linesAt({ read, space }, at, at === low);
    if (lines === undefined || lines.first >= to) {
      high = at;
      continue;
    }
    const { first, last, end } = lines;
    if (timeOf(lines, first) >= time) {
      if (at === low) return Math.min(first, found);
      [high, found, highMs] = [at, Math.min(found, first), Date.parse(timeOf(lines, first))];
      continue;
    }
    if (timeOf(lines, last) >= time) return Math.min(firstOf(lines, time), found);
    [low, lowMs] = [end, Date.parse(timeOf(lines, last))];
  }
  return found;
}

/** Whole lines of a text, at least one. Places are those of the text. */
interface Lines {
  readonly data: Buffer;
  readonly at: number;
  /** Where the first and the last line begin, and where the last ends. */
  readonly first: number;
  readonly last: number;
  readonly end: number;
}

/** The whole lines in some bytes from `at` on; undefined if none begins behind it. */
async function linesAt(
  { read, space }: Pick<Seek, "read" | "space">,
  at: number,
  isStart: boolean,
): Promise<Lines | undefined> {
  for (let bytes = PROBE_BYTES; bytes <= MAX_LINE_BYTES; bytes *= 4) {
    const room = space.of(bytes);
    const data = await readWhole((from, most) => read(from, most, room.subarray(from - at)), at, bytes);
    const first = isStart ? 0 : data.indexOf(LINE_FEED) + 1;
    const end = data.lastIndexOf(LINE_FEED) + 1;
    const last = startOfLine(data, end - 1);
    if (first < end) return { data, at, first: at + first, last: at + last, end: at + end };
    if (data.length < bytes) return undefined;
  }
  return undefined;
}

/** Where the first line of the time or later begins, among lines of which the last qualifies and the first does not. */
function firstOf(lines: Lines, time: string): number {
  const { data, at, first, last } = lines;
  let [before, found] = [first - at, last - at];
  for (;;) {
    const middle = (before + found) >>> 1;
    const start = startOfLine(data, middle);
    const line = start > before ? start : data.indexOf(LINE_FEED, middle) + 1;
    if (line >= found) return at + found;
    if (timeOf(lines, at + line) >= time) found = line;
    else before = line;
  }
}

function timeOf({ data, at }: Lines, start: number): string {
  return data.toString("latin1", start - at, start - at + CRI.timeCharacters);
}

/** Where the line that contains a byte begins. */
function startOfLine(data: Buffer, at: number): number {
  return data.subarray(0, Math.max(0, at)).lastIndexOf(LINE_FEED) + 1;
}

/** Reads `bytes` bytes, or fewer at the end. */
export async function readWhole(read: ReadText, at: number, bytes: number): Promise<Buffer> {
  const first = await read(at, bytes);
  const parts = [first];
  for (let length = first.length; length < bytes; ) {
    const more = await read(at + length, bytes - length);
    if (more.length === 0) break;
    parts.push(more);
    length += more.length;
  }
  return parts.length === 1 ? first : Buffer.concat(parts);
}
