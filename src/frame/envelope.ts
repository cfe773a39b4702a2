import { GRAMMAR } from "./grammar.ts";
import { digitsEnd, numberOf, startsWith } from "./scan-bytes.ts";

/**
 * Parser for frames from a relay: the envelope and, for LINES, the structured data of mlrun's frame (`GRAMMAR`).
 *
 * It works in place, writing offsets into the buffer to one `EnvelopeView` that the caller reuses. It allocates nothing
 * per frame: at a million frames a second, garbage collection would cost more than parsing.
 */
export interface EnvelopeView {
  kind: "lines" | "beat" | "end" | "begin" | "relay";
  hostAt: number;
  hostEnd: number;
  /** TIMEREPORTED, except for begin: 26 bytes to the microsecond, in UTC, followed by its zone. */
  timeAt: number;
  /** Execution id: `GRAMMAR.executionIdBytes` bytes, alphabet not yet checked. Not for begin and relay. */
  idAt: number;
  /** Key: `GRAMMAR.keyBytes` bytes, not yet checked. Not for begin and relay. */
  keyAt: number;
  isStderr: boolean;
  n: number;
  count: number;
  /** Whether the last line of the frame is a fragment. */
  fragment: boolean;
  /** Encoded text of the lines; JSON of begin, end and relay; number of the beat. */
  textAt: number;
  textEnd: number;
  /** The sender's uid from the kernel, for begin. */
  uid: number;
}

/** Why a frame was refused: a label of its counter. `cut`: it lost bytes on the way. */
type EnvelopeFault = "envelope" | "time" | "structured-data" | "number" | "cut";

export function createEnvelopeView(): EnvelopeView {
  const places = { hostAt: 0, hostEnd: 0, timeAt: 0, idAt: 0, keyAt: 0, textAt: 0, textEnd: 0 };
  return { kind: "lines", ...places, isStderr: false, n: 0, count: 0, fragment: false, uid: 0 };
}

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const PRIORITY = bytes(GRAMMAR.envelopePriority);
const LINES = bytes(` ${GRAMMAR.appName} - LINES [${GRAMMAR.structuredDataId} v="${GRAMMAR.version}" t="`);
const BEGIN = bytes(` ${GRAMMAR.appName} - BEGIN [${GRAMMAR.structuredDataId} uid="`);
const RELAY = bytes(` ${GRAMMAR.appName} - RELAY - LINES - `);
const TYPE_LINES = bytes('lines" x="');
const TYPE_BEAT = bytes('beat" x="');
const TYPE_END = bytes('end" x="');
const KEY = bytes('" k="');
const STREAM = bytes('" s="std');
const OUT = bytes('out" n="');
const ERR = bytes('err" n="');
const NUMBER = bytes('" n="');
const COUNT = bytes('" c="');
const LENGTH = bytes('" b="');
const FRAGMENT = bytes(' f="1"');
const QUOTE_CLOSE = bytes('"] ');
const GID = bytes('" gid="');
const PID = bytes('" pid="');
const BEGIN_TEXT = bytes("LINES - ");
/** The form of a time, where `0` stands for any digit. */
const TIME_SHAPE = bytes("0000-00-00T00:00:00.000000");
/** UTC as mlrun writes it, and as rsyslogd writes it when it reformats the time. */
const UTC = bytes("Z ");
const UTC_OFFSET = bytes("+00:00 ");

const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const QUOTE = 0x22;
const CLOSE = 0x5d;

function isTime(data: Uint8Array, at: number): boolean {
  for (let i = 0; i < TIME_SHAPE.length; i += 1) {
    const shape = TIME_SHAPE[i];
    const byte = data[at + i] ?? 0;
    if (shape === ZERO ? byte < ZERO || byte > NINE : byte !== shape) return false;
  }
  const zoneAt = at + TIME_SHAPE.length;
  return startsWith(data, zoneAt, UTC) || startsWith(data, zoneAt, UTC_OFFSET);
}

/**
 * Parses the DATA of one RELP syslog command, `data[at..end)`.
 *
 * @returns undefined if the view now holds the frame, else the fault.
 */
export function parseEnvelope(
  data: Uint8Array,
  at: number,
  end: number,
  view: EnvelopeView,
): EnvelopeFault | undefined {
  if (!startsWith(data, at, PRIORITY)) return "envelope";
  let i = at + PRIORITY.length;
  view.timeAt = i;
  while (i < end && data[i] !== SPACE) i += 1;
  view.hostAt = i + 1;
  i = view.hostAt;
  while (i < end && data[i] !== SPACE) i += 1;
  view.hostEnd = i;
  if (startsWith(data, i, LINES)) {
    if (!isTime(data, view.timeAt)) return "time";
    return parseLines(data, i + LINES.length, end, view);
  }
  if (startsWith(data, i, BEGIN)) return parseBegin(data, i + BEGIN.length, end, view);
  if (!startsWith(data, i, RELAY)) return "envelope";
  view.kind = "relay";
  view.textAt = i + RELAY.length;
  view.textEnd = end;
  if (view.textAt > end) return "cut";
  return isTime(data, view.timeAt) ? undefined : "time";
}

function parseLines(data: Uint8Array, at: number, end: number, view: EnvelopeView): EnvelopeFault | undefined {
  let i = at;
  if (startsWith(data, i, TYPE_LINES)) {
    view.kind = "lines";
    i += TYPE_LINES.length;
  } else if (startsWith(data, i, TYPE_BEAT)) {
    view.kind = "beat";
    i += TYPE_BEAT.length;
  } else if (startsWith(data, i, TYPE_END)) {
    view.kind = "end";
    i += TYPE_END.length;
  } else {
    return "structured-data";
  }
  view.idAt = i;
  i += GRAMMAR.executionIdBytes;
  if (!startsWith(data, i, KEY)) return "structured-data";
  i += KEY.length;
  view.keyAt = i;
  i += GRAMMAR.keyBytes;
  if (view.kind === "lines") {
    if (!startsWith(data, i, STREAM)) return "structured-data";
    i += STREAM.length;
    view.isStderr = startsWith(data, i, ERR);
    if (!view.isStderr && !startsWith(data, i, OUT)) return "structured-data";
    i += OUT.length;
  } else {
    if (!startsWith(data, i, NUMBER)) return "structured-data";
    i += NUMBER.length;
  }
  const nAt = i;
  i = digitsEnd(data, i, end);
  const nBytes = i - nAt;
  if (nBytes === 0) return "number";
  view.n = numberOf(data, nAt, i);
  const tail = { at: i, end, nAt, nBytes };
  return view.kind === "lines" ? parseLinesTail(data, tail, view) : parseOtherTail(data, tail, view);
}

/** The structured data after `n`, whose digits are at `nAt`. Parsed up to `at`. */
interface Tail {
  at: number;
  readonly end: number;
  readonly nAt: number;
  readonly nBytes: number;
}

function parseLinesTail(data: Uint8Array, tail: Tail, view: EnvelopeView): EnvelopeFault | undefined {
  const { end } = tail;
  let i = tail.at;
  if (!startsWith(data, i, COUNT)) return "structured-data";
  i += COUNT.length;
  let digits = i;
  i = digitsEnd(data, i, end);
  view.count = numberOf(data, digits, i);
  if (!startsWith(data, i, LENGTH)) return "structured-data";
  i += LENGTH.length;
  digits = i;
  i = digitsEnd(data, i, end);
  const textBytes = numberOf(data, digits, i);
  if (data[i] !== QUOTE || digits === i) return "structured-data";
  i += 1;
  view.fragment = startsWith(data, i, FRAGMENT);
  if (view.fragment) i += FRAGMENT.length;
  if (data[i] !== CLOSE || data[i + 1] !== SPACE) return "structured-data";
  tail.at = i + 2;
  view.textAt = textAfterNumber(data, tail);
  view.textEnd = end;
  if (view.textAt < 0) return "cut";
  if (end - view.textAt !== textBytes) return "cut";
  // Each line break is a backslash and an n: a count that the text cannot hold must not reserve memory.
  if (2 * (view.count - 1) > textBytes) return "cut";
  return view.n >= 1 && view.count >= 1 ? undefined : "number";
}

function parseOtherTail(data: Uint8Array, tail: Tail, view: EnvelopeView): EnvelopeFault | undefined {
  const { end } = tail;
  let i = tail.at;
  // Attributes about how idle or busy the command is may follow; only readers of a packet dump use them.
  while (i < end && !startsWith(data, i, QUOTE_CLOSE)) i += 1;
  if (i >= end) return "structured-data";
  tail.at = i + QUOTE_CLOSE.length;
  view.textAt = textAfterNumber(data, tail);
  view.textEnd = end;
  return view.textAt < 0 || view.textAt > end ? "cut" : undefined;
}

/** Where the text starts, or -1. MSG starts with n: two different numbers mean a frame pieced together from two. */
function textAfterNumber(data: Uint8Array, { at, nAt, nBytes }: Tail): number {
  for (let d = 0; d < nBytes; d += 1) {
    if (data[at + d] !== data[nAt + d]) return -1;
  }
  return data[at + nBytes] === SPACE ? at + nBytes + 1 : -1;
}

function parseBegin(data: Uint8Array, at: number, end: number, view: EnvelopeView): EnvelopeFault | undefined {
  view.kind = "begin";
  let i = digitsEnd(data, at, end);
  if (i === at) return "number";
  view.uid = numberOf(data, at, i);
  if (!startsWith(data, i, GID)) return "structured-data";
  i = digitsEnd(data, i + GID.length, end);
  if (!startsWith(data, i, PID)) return "structured-data";
  i = digitsEnd(data, i + PID.length, end);
  if (!startsWith(data, i, QUOTE_CLOSE)) return "structured-data";
  i += QUOTE_CLOSE.length;
  // mlrun sends BEGIN without structured data: all its content is in MSG.
  if (!startsWith(data, i, BEGIN_TEXT)) return "structured-data";
  i += BEGIN_TEXT.length;
  view.textAt = i;
  view.textEnd = end;
  return i > end ? "cut" : undefined;
}
