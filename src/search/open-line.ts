import { CRI } from "../wire/cri.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { NumberRange } from "./number-windows.ts";

/** The third character of a stream's name: stdOut, stdErr. */
export const STREAM_LETTER_AT = CRI.streamAt + 3;

/** A line whose end has not come yet. */
export interface OpenLine {
  readonly n: number;
  lastN: number;
  readonly time: DataView;
  readonly isWanted: boolean;
  readonly parts: Buffer[];
  bytes: number;
  isLong: boolean;
}

/** Opens a line, without bytes yet, for its first piece, whose CRI line begins at `at`. */
export function openLine(cri: Buffer, at: number, facts: { readonly n: number; readonly isWanted: boolean }): OpenLine {
  const time = Buffer.from(cri.subarray(at, at + CRI.timeCharacters + 1));
  const view = new DataView(time.buffer, time.byteOffset, time.length);
  return { ...facts, lastN: facts.n, time: view, parts: [], bytes: 0, isLong: false };
}

/** Adds a piece's bytes, up to `maxBytes` in all pieces. */
export function addBytes(open: OpenLine, part: Buffer, maxBytes: number): void {
  if (!open.isWanted) return;
  const bytes = Math.min(part.length, maxBytes - open.bytes);
  if (bytes < part.length) open.isLong = true;
  if (bytes === 0) return;
  open.parts.push(Buffer.from(part.subarray(0, bytes)));
  open.bytes += bytes;
}

/** Which lines are searched at all. */
export interface LineFilter {
  readonly stream?: StreamName | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** Judges lines by their first pieces. */
export class WantedLines {
  /** Only lines with these numbers are wanted. */
  range: NumberRange = { from: 1, to: Number.MAX_SAFE_INTEGER };
  readonly #stream: 0 | 1 | undefined;
  readonly #since: Buffer | undefined;
  readonly #until: Buffer | undefined;

  constructor({ stream, since, until }: LineFilter) {
    this.#stream = stream === undefined ? undefined : stream === "stderr" ? 1 : 0;
    this.#since = since === undefined ? undefined : Buffer.from(since);
    this.#until = until === undefined ? undefined : Buffer.from(until);
  }

  /** Called for each line: it allocates nothing. */
  has(cri: Buffer, at: number, n: number, stream: 0 | 1): boolean {
    if (n < this.range.from || n > this.range.to) return false;
    if (this.#stream !== undefined && this.#stream !== stream) return false;
    if (this.#since !== undefined && compareTimes(cri, at, this.#since) < 0) return false;
    return this.#until === undefined || compareTimes(cri, at, this.#until) <= 0;
  }
}

/** In this format, times sort like their bytes. */
function compareTimes(cri: Buffer, at: number, time: Buffer): number {
  for (let i = 0; i < CRI.timeCharacters; i += 1) {
    const difference = (cri[at + i] ?? 0) - (time[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
