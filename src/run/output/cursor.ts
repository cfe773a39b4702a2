const BACKSPACE = 0x08;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const ESC = 0x1b;
const BRACKET = 0x5b;
const DELETE = 0x7f;
/** Last letters of the control sequences that move the cursor up, or back in its row. */
const MOVES_BACK = new Set([...Buffer.from("ADFG")]);
/** Sequences that move a cursor are never longer. */
const MAX_SEQUENCE_BYTES = 64;

/** One thing that a terminal does. */
export interface Token {
  readonly end: number;
  /** `\r`, `\n`, `\b`, the last letter of a control sequence, "text", "mode" (without effect on rows) or "other". */
  readonly kind: string;
  /** The sequence's number; 1, or 0 for erasing, if there is none. */
  readonly count: number;
}

/**
 * The token at `at`. Undefined: it is incomplete.
 *
 * Text ends before a control character. Control sequences with more than one number are "m" or "other".
 */
export function tokenAt(bytes: Buffer, at: number, to: number): Token | undefined {
  const byte = bytes[at] ?? 0;
  if (byte === ESC) return sequenceAt(bytes, at, to);
  if (byte === CARRIAGE_RETURN) return { end: at + 1, kind: "\r", count: 1 };
  if (byte === LINE_FEED) return { end: at + 1, kind: "\n", count: 1 };
  if (byte === BACKSPACE) return { end: at + 1, kind: "\b", count: 1 };
  if (isControl(byte)) return { end: at + 1, kind: "other", count: 1 };
  let end = at + 1;
  while (end < to && !isControl(bytes[end] ?? 0)) end += 1;
  return { end, kind: "text", count: 1 };
}

/** Whether any token moves the cursor back over text, other than `\r`. */
export function movesBack(bytes: Buffer, from: number, to: number): boolean {
  const backspace = bytes.indexOf(BACKSPACE, from);
  if (backspace >= 0 && backspace < to) return true;
  // Coloured output has thousands of escapes in each read: no strings here.
  for (let at = bytes.indexOf(ESC, from); at >= 0 && at < to; at = bytes.indexOf(ESC, at + 1)) {
    if (bytes[at + 1] !== BRACKET) continue;
    let end = at + 2;
    while (end < to && isParameter(bytes[end] ?? 0)) end += 1;
    if (end < to && MOVES_BACK.has(bytes[end] ?? 0)) return true;
  }
  return false;
}

function sequenceAt(bytes: Buffer, at: number, to: number): Token | undefined {
  if (at + 1 === to) return undefined;
  if (bytes[at + 1] !== BRACKET) return shortSequenceAt(bytes, at, to);
  let end = at + 2;
  while (end < to && isParameter(bytes[end] ?? 0) && end - at < MAX_SEQUENCE_BYTES) end += 1;
  if (end === to) return undefined;
  const parameters = bytes.toString("latin1", at + 2, end);
  const final = String.fromCharCode(bytes[end] ?? 0);
  const kind = kindOf(final, parameters);
  const usual = final === "J" || final === "K" ? 0 : 1;
  return { end: end + 1, kind, count: parameters === "" ? usual : Math.max(usual, Number(parameters)) };
}

/** Takes sequences such as `ESC ( B`, which selects characters, and `ESC 7`, which does not. */
function shortSequenceAt(bytes: Buffer, at: number, to: number): Token | undefined {
  let end = at + 1;
  while (end < to && isIntermediate(bytes[end] ?? 0) && end - at < MAX_SEQUENCE_BYTES) end += 1;
  return end === to ? undefined : { end: end + 1, kind: end > at + 1 ? "mode" : "other", count: 1 };
}

function kindOf(final: string, parameters: string): string {
  if (final === "m") return "m";
  // ESC [ ? 25 l and the like hide or show the cursor: colours and rows stay.
  if (/^\?[\d;]*$/.test(parameters) && (final === "h" || final === "l")) return "mode";
  return /^\d*$/.test(parameters) && /^[ABDEFGJK]$/.test(final) ? final : "other";
}

function isParameter(byte: number): boolean {
  return byte >= 0x20 && byte < 0x40;
}

function isIntermediate(byte: number): boolean {
  return byte >= 0x20 && byte < 0x30;
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === DELETE;
}
