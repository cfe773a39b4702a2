import type { End, Exit } from "../wire/end.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import type { StreamName } from "../wire/stream-name.ts";
import { LineEscaper } from "./escape-line.ts";
import { GRAMMAR } from "./grammar.ts";
import type { Source } from "./source.ts";
import { digitsOf, writeNumber } from "./write-number.ts";

const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
/** A frame with less room than this starts no further line: the longest escape of one character, plus some. */
const MIN_LINE_ROOM = 32;
/** Digits of the largest n, 2^53. */
const MAX_NUMBER_DIGITS = 16;

const literal = (text: string): Uint8Array => Buffer.from(text, "latin1");
const COUNT = literal('" c="');
const LENGTH = literal('" b="');
const CLOSE = literal('"] ');
const CLOSE_FRAGMENT = literal('" f="1"] ');
const STREAMS = { stdout: literal('stdout" n="'), stderr: literal('stderr" n="') };

interface FrameIdentity {
  readonly x: string;
  readonly key: string;
  /** HOSTNAME of RFC 5424: printable ASCII without spaces. */
  readonly node: string;
  readonly pid: number;
}

interface Beat {
  /** Number of the beat, from 1. */
  readonly number: number;
  /** Time since the command last printed. */
  readonly idleMs: number;
  /** Processor time of the command and its descendants. */
  readonly cpuMs: number;
  /** Whether the command was silent for long but computed: its output may be in its own buffer. */
  readonly mayBuffer: boolean;
  /** The command has ended; processes that it left behind may still print. */
  readonly exit: Exit | undefined;
}

/** Bytes printed on one stream and not yet in a frame. */
export interface Printed {
  readonly stream: StreamName;
  readonly source: Source;
  readonly from: number;
  readonly to: number;
  /** "lines": leave bytes after the last newline. "fragment": take them as well. "final": take everything. */
  readonly take: "lines" | "fragment" | "final";
}

/**
 * Builds the frames of one execution (`GRAMMAR`), each preceded by its octet count, in the caller's buffers, and
 * numbers the lines of both streams in order of arrival. This loop sees every printed byte: per frame it allocates
 * nothing but views.
 */
export class FrameEncoder {
  /** Number of the last line or fragment so far. */
  lastN = 0;
  /** Lines and fragments so far. */
  readonly lines = { stdout: 0, stderr: 0 };
  /** After `encodeLines`: the first byte not yet in a frame. */
  consumed = 0;

  readonly #oneLine: boolean;
  readonly #linesStart: Uint8Array;
  readonly #otherStart: (type: string) => string;
  readonly #maxTextBytes: number;
  readonly #escaper = new LineEscaper();
  #time = "";
  /** Octets before the text in the previous frame: a guess that usually saves moving the next frame's text. */
  #headBytes = 0;

  constructor(identity: FrameIdentity, options: { readonly oneLineFrames: boolean }) {
    const { x, key, node, pid } = identity;
    this.#oneLine = options.oneLineFrames;
    this.#otherStart = (type) =>
      ` ${node} ${GRAMMAR.appName} ${pid} LINES [${GRAMMAR.structuredDataId} v="${GRAMMAR.version}" t="${type}" x="${x}" k="${key}"`;
    const time = "0".repeat(GRAMMAR.timeBytes);
    this.#linesStart = literal(`${GRAMMAR.framePriority}${time}${this.#otherStart("lines")} s="`);
    const variable = '1234 stdout" n="" c="1234" b="1234" f="1"]  '.length + 2 * MAX_NUMBER_DIGITS;
    this.#maxTextBytes = WIRE_LIMITS.maxFrameBytes - 1 - this.#linesStart.length - variable;
  }

  /** Sets the TIME of the following frames: 27 characters, as `formatTimestamp` writes it. */
  setTime(time: string): void {
    this.#time = time;
    const at = GRAMMAR.framePriority.length;
    for (let i = 0; i < GRAMMAR.timeBytes; i += 1) this.#linesStart[at + i] = time.charCodeAt(i);
  }

  /**
   * Writes one frame of lines at `target[at]`, which must have room for `WIRE_LIMITS.maxFrameBytes`.
   *
   * @returns The end of the frame, or `at` when there is nothing to send yet.
   */
  encodeLines(printed: Printed, target: Uint8Array, at: number): number {
    const { source, to, take } = printed;
    const escaper = this.#escaper;
    const textAt = at + this.#headBytes;
    const end = textAt + this.#maxTextBytes;
    let from = printed.from;
    let textEnd = textAt;
    let count = 0;
    let fragment = false;
    while (from < to) {
      const lineAt = count === 0 ? textEnd : textEnd + 2;
      if (lineAt + MIN_LINE_ROOM > end) break;
      const stop = escaper.write({ source, from, to, final: take === "final" }, target, lineAt, end);
      if (stop === "full") fragment = count === 0 || this.#isLong(source.bytes, from, to);
      else if (stop === "end") fragment = take !== "lines" && escaper.readAt > from;
      if (stop !== "newline" && !fragment) break;
      if (count > 0) {
        target[textEnd] = BACKSLASH;
        target[textEnd + 1] = LETTER_N;
      }
      textEnd = escaper.writtenAt;
      from = escaper.readAt + (fragment ? 0 : 1);
      count += 1;
      if (fragment || this.#oneLine) break;
    }
    this.consumed = from;
    if (count === 0) return at;
    const frameEnd = this.#writeHead({ stream: printed.stream, count, fragment, textAt, textEnd }, target, at);
    this.lastN += count;
    this.lines[printed.stream] += count;
    return frameEnd;
  }

  /** Whether a line is longer than any frame: only then may it start in this one. */
  #isLong(bytes: Uint8Array, from: number, to: number): boolean {
    const newline = bytes.indexOf(LINE_FEED, from);
    return (newline < 0 || newline > to ? to : newline) - from > this.#maxTextBytes;
  }

  /** Writes a beat frame, always far below `WIRE_LIMITS.maxFrameBytes`. */
  encodeBeat(beat: Beat): Buffer {
    const { number, mayBuffer, exit } = beat;
    const said = exit !== undefined ? ` ${JSON.stringify(exit)}` : mayBuffer ? GRAMMAR.buffering : "";
    return this.#encodeOther("beat", ` idle_ms="${beat.idleMs}" cpu_ms="${beat.cpuMs}"`, `${number}${said}`);
  }

  encodeEnd(end: End): Buffer {
    return this.#encodeOther("end", "", JSON.stringify(end));
  }

  #encodeOther(type: string, attributes: string, text: string): Buffer {
    const n = this.lastN;
    const frame = `${GRAMMAR.framePriority}${this.#time}${this.#otherStart(type)} n="${n}"${attributes}] ${n} ${text}`;
    return Buffer.from(`${frame.length} ${frame}`, "latin1");
  }

  /** Writes the head in front of the text, moving the text if the guess of the head's length was wrong. */
  #writeHead(
    frame: { stream: StreamName; count: number; fragment: boolean; textAt: number; textEnd: number },
    target: Uint8Array,
    at: number,
  ): number {
    const { count, textAt, textEnd } = frame;
    const n = this.lastN + 1;
    const textBytes = textEnd - textAt;
    const stream = STREAMS[frame.stream];
    const close = frame.fragment ? CLOSE_FRAGMENT : CLOSE;
    const numbers = 2 * digitsOf(n) + digitsOf(count) + digitsOf(textBytes);
    const literals = stream.length + COUNT.length + LENGTH.length + close.length + 1;
    const frameBytes = this.#linesStart.length + literals + numbers + textBytes;
    const headBytes = digitsOf(frameBytes) + 1 + frameBytes - textBytes;
    if (headBytes !== this.#headBytes) {
      target.copyWithin(at + headBytes, textAt, textEnd);
      this.#headBytes = headBytes;
    }
    let o = writeNumber(target, at, frameBytes);
    target[o] = SPACE;
    target.set(this.#linesStart, o + 1);
    o = write(target, o + 1 + this.#linesStart.length, stream);
    o = writeNumber(target, o, n);
    o = write(target, o, COUNT);
    o = writeNumber(target, o, count);
    o = write(target, o, LENGTH);
    o = writeNumber(target, o, textBytes);
    o = write(target, o, close);
    o = writeNumber(target, o, n);
    target[o] = SPACE;
    return o + 1 + textBytes;
  }
}

function write(target: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 1) target[at + i] = bytes[i] ?? 0;
  return at + bytes.length;
}
