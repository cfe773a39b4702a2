import { CRI } from "../../wire/cri.ts";

/** Reads bytes of a log's text: fewer at its end, or where that is cheaper. */
export type ReadText = (at: number, most: number) => Promise<Buffer>;

const LINE_FEED = 0x0a;
/** About eighty lines: a guess in a steady log is rarely further off. */
const PROBE_BYTES = 8_192;
/** A line is at most a few frames of mlrun; beyond this the text is not a log. */
export const MAX_LINE_BYTES = 4_194_304;
const MAX_PROBES = 64;

interface Seek {
  readonly read: ReadText;
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
 * Looks into the text itself, since times in a log grow. It guesses from the times on both sides, because most logs are
 * steady, and halves what is left every other time, because some are not.
 */
export async function seekTime({ read, from, to, fromTime, toTime, time }: Seek): Promise<number> {
  const wanted = Buffer.from(time, "latin1");
  const wantedMs = Date.parse(time);
  // The first line of the time begins within low..high, or at `found`.
  let [low, high, found] = [from, to, to];
  let [lowMs, highMs] = [Date.parse(fromTime), Date.parse(toTime)];
  for (let probe = 0; probe < MAX_PROBES && low < high; probe += 1) {
    const part = (wantedMs - lowMs) / (highMs - lowMs);
    const guess = probe % 2 === 0 && Number.isFinite(part) ? low + part * (high - low) : (low + high) / 2;
    const at = Math.max(low, Math.min(Math.floor(guess - PROBE_BYTES / 2), high - 1));
    const lines = await linesAt(read, at, at === low);
    const first = lines?.starts[0];
    if (lines === undefined || first === undefined || first >= to) {
      high = at;
      continue;
    }
    const isBefore = (start: number) =>
      lines.data.compare(wanted, 0, wanted.length, start - at, start - at + wanted.length) < 0;
    const timeOf = (start: number) => Date.parse(lines.data.toString("latin1", start - at, start - at + wanted.length));
    if (!isBefore(first)) {
      if (at === low) return Math.min(first, found);
      [high, found, highMs] = [at, Math.min(found, first), timeOf(first)];
      continue;
    }
    const here = lines.starts.find((start) => !isBefore(start));
    if (here !== undefined) return Math.min(here, found);
    const last = lines.starts.at(-1) ?? first;
    [low, lowMs] = [lines.end, timeOf(last)];
  }
  return found;
}

interface Lines {
  readonly data: Buffer;
  /** Where whole lines begin. */
  readonly starts: readonly number[];
  /** Where the last of them ends. */
  readonly end: number;
}

/** The whole lines in some bytes from `at` on; at least one, unless none begins behind it. */
async function linesAt(read: ReadText, at: number, isStart: boolean): Promise<Lines | undefined> {
  for (let bytes = PROBE_BYTES; bytes <= MAX_LINE_BYTES; bytes *= 4) {
    const data = await readWhole(read, at, bytes);
    const starts: number[] = [];
    let start = isStart ? 0 : data.indexOf(LINE_FEED) + 1;
    if (start > 0 || isStart) {
      for (let end = data.indexOf(LINE_FEED, start); end >= 0; end = data.indexOf(LINE_FEED, start)) {
        if (end - start >= CRI.timeCharacters) starts.push(at + start);
        start = end + 1;
      }
    }
    if (starts.length > 0) return { data, starts, end: at + start };
    if (data.length < bytes) return undefined;
  }
  return undefined;
}

/** As much as is there. */
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
