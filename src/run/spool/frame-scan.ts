import type { PerStream } from "../../wire/end.ts";

const SPACE = 0x20;
const BACKSLASH = 0x5c;
const LETTER_X = 0x78;
/** Digits of a frame's octet count. */
const MAX_LENGTH_DIGITS = 5;
/** A lines frame's head is far shorter; its text may be long. */
const MAX_HEAD_BYTES = 1_024;
const LINES_HEAD = / s="(stdout|stderr)" n="\d+" c="\d+" b="(\d+)"( f="1")?\] \d+ /;

/**
 * The octet-counted frame at `at` (RFC 6587, section 3.4.1): its payload is `data[from..end)`. Undefined if the frame
 * is incomplete.
 */
export function frameAt(data: Buffer, at: number): { readonly from: number; readonly end: number } | undefined {
  const space = data.indexOf(SPACE, at);
  if (space <= at || space - at > MAX_LENGTH_DIGITS) return undefined;
  const digits = data.toString("latin1", at, space);
  // Number() would accept "-9", and a scan that moves backwards never ends.
  if (!/^\d+$/.test(digits)) return undefined;
  const end = space + 1 + Number(digits);
  return end <= data.length ? { from: space + 1, end } : undefined;
}

/** End of the last whole frame. */
export function wholeFramesEnd(data: Buffer): number {
  let at = 0;
  for (let frame = frameAt(data, at); frame !== undefined; frame = frameAt(data, at)) at = frame.end;
  return at;
}

/** Number of bytes that the command printed for the lines of these frames. */
export function printedBytes(frames: Buffer): PerStream {
  const printed = { stdout: 0, stderr: 0 };
  let at = 0;
  for (let frame = frameAt(frames, at); frame !== undefined; frame = frameAt(frames, at)) {
    at = frame.end;
    const head = LINES_HEAD.exec(
      frames.toString("latin1", frame.from, Math.min(frame.end, frame.from + MAX_HEAD_BYTES)),
    );
    if (head === null) continue;
    const text = frames.subarray(frame.end - Number(head[2]), frame.end);
    const newline = head[3] === undefined ? 1 : 0;
    printed[head[1] === "stdout" ? "stdout" : "stderr"] += decodedBytes(text) + newline;
  }
  return printed;
}

function decodedBytes(text: Buffer): number {
  let bytes = 0;
  for (let i = 0; i < text.length; bytes += 1) {
    if (text[i] !== BACKSLASH) i += 1;
    else i += text[i + 1] === LETTER_X ? 4 : 2;
  }
  return bytes;
}
