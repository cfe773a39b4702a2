import { plainEnd, writeHexEscape } from "./escape.ts";
import type { Source } from "./source.ts";
import { INCOMPLETE, isUnsafeCharacter, utf8Length } from "./utf8.ts";

const BACKSLASH = 0x5c;
const HASH = 0x23;
const LINE_FEED = 0x0a;
const LETTER_T = 0x74;
const SPACE = 0x20;
const TAB = 0x09;
/** Below this a loop is faster than a call of `Uint8Array.set` and its view (measured: about 40 bytes). */
const LOOP_BYTES = 40;
/** `\x20` in place of a trailing space takes 3 octets more; that room is always reserved. */
const TRAILING_SPACE_ROOM = 3;

/** Why `LineEscaper.write` stopped: at a newline, at the end of the bytes, or because the room was used up. */
type Stop = "newline" | "end" | "full";

/** Bytes of one line, up to a newline or to the end. */
interface Piece {
  readonly source: Source;
  readonly from: number;
  readonly to: number;
  /** Nothing will follow: an unfinished UTF-8 sequence is invalid. Otherwise it is left for later. */
  readonly final: boolean;
}

/**
 * Encodes lines for a frame's text: escapes what a relay would change, cut or lose, and passes valid UTF-8. Never stops
 * inside an escape or a valid character. Results are fields, so nothing is allocated.
 */
export class LineEscaper {
  /** First byte of the source not written: the newline, if it stopped there. */
  readAt = 0;
  /** End of the written bytes. */
  writtenAt = 0;

  /** Writes the line that starts at `piece.from` to `target[at..end)`, which must have room for at least 16 bytes. */
  write(piece: Piece, target: Uint8Array, at: number, end: number): Stop {
    const { source, from, to } = piece;
    const { bytes } = source;
    const limit = end - TRAILING_SPACE_ROOM;
    this.readAt = from;
    this.writtenAt = at;
    if (bytes[from] === SPACE && from < to) {
      this.writtenAt = writeHexEscape(target, at, SPACE);
      this.readAt = from + 1;
    }
    let stop: Stop | undefined;
    while (stop === undefined) {
      const runEnd = plainEnd(source, this.readAt, to);
      stop = this.#copy(bytes, runEnd, target, limit) ? this.#look(piece, target, limit) : "full";
    }
    const out = this.writtenAt;
    if (out > at && target[out - 1] === SPACE) this.writtenAt = writeHexEscape(target, out - 1, SPACE);
    return stop;
  }

  /** Copies bytes unchanged up to `runEnd`; false if the room ends first. */
  #copy(bytes: Uint8Array, runEnd: number, target: Uint8Array, limit: number): boolean {
    let i = this.readAt;
    let o = this.writtenAt;
    const fits = runEnd - i <= limit - o;
    const end = fits ? runEnd : i + (limit - o);
    if (end - i >= LOOP_BYTES) {
      target.set(bytes.subarray(i, end), o);
      o += end - i;
    } else {
      for (; i < end; i += 1, o += 1) target[o] = bytes[i] ?? 0;
    }
    this.readAt = end;
    this.writtenAt = o;
    return fits;
  }

  /** Writes the characters from `readAt` on that may need escaping, up to the first that does not. */
  #look(piece: Piece, target: Uint8Array, limit: number): Stop | undefined {
    const { bytes } = piece.source;
    while (this.readAt < piece.to) {
      const i = this.readAt;
      const o = this.writtenAt;
      const byte = bytes[i] ?? 0;
      if (byte === LINE_FEED) return "newline";
      if (byte >= 0x80) {
        const stop = this.#wide(piece, target, limit);
        if (stop !== undefined) return stop;
      } else if (byte === BACKSLASH || byte === TAB) {
        if (o + 2 > limit) return "full";
        target[o] = BACKSLASH;
        target[o + 1] = byte === TAB ? LETTER_T : BACKSLASH;
        this.readAt = i + 1;
        this.writtenAt = o + 2;
      } else if (byte < 0x20 || byte === 0x7f || (byte === HASH && isOctal(bytes, i + 1, piece.to))) {
        if (o + 4 > limit) return "full";
        this.writtenAt = writeHexEscape(target, o, byte);
        this.readAt = i + 1;
      } else if (byte === HASH) {
        if (o + 1 > limit) return "full";
        target[o] = byte;
        this.readAt = i + 1;
        this.writtenAt = o + 1;
      } else {
        return undefined;
      }
    }
    return "end";
  }

  /** Writes one character or invalid byte beyond ASCII. */
  #wide(piece: Piece, target: Uint8Array, limit: number): Stop | undefined {
    const { bytes } = piece.source;
    const i = this.readAt;
    let o = this.writtenAt;
    let length = utf8Length(bytes, i, piece.to);
    if (length === INCOMPLETE && !piece.final) return "end";
    const escapes = length <= 0 || isUnsafeCharacter(bytes, i);
    if (length <= 0) length = 1;
    if (o + (escapes ? 4 * length : length) > limit) return "full";
    for (let k = i; k < i + length; k += 1) {
      const byte = bytes[k] ?? 0;
      if (escapes) {
        o = writeHexEscape(target, o, byte);
      } else {
        target[o] = byte;
        o += 1;
      }
    }
    this.readAt = i + length;
    this.writtenAt = o;
    return undefined;
  }
}

/** Whether three octal digits follow: rsyslogd writes a control character as `#` and three of them. */
function isOctal(bytes: Uint8Array, at: number, to: number): boolean {
  if (at + 3 > to) return false;
  for (let i = at; i < at + 3; i += 1) {
    if (((bytes[i] ?? 0) & 0xf8) !== 0x30) return false;
  }
  return true;
}
