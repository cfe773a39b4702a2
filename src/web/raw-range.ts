import { createHash } from "node:crypto";
import type { Execution } from "../wire/api.ts";

/** What a client has already, and of which state of the output. */
export interface AskedRange {
  readonly from: number;
  readonly ifRange: string | undefined;
}

/** Only "from here to the end" (RFC 9110, section 14.1.2); anything else is answered with the whole. */
export function parseRange(range: string | undefined, ifRange: string | undefined): AskedRange | undefined {
  const [, from] = /^bytes=(\d{1,15})-$/.exec(range ?? "") ?? [];
  return from === undefined ? undefined : { from: Number(from), ifRange };
}

/**
 * Stays the same while output only grows at its end. Late lines that fill a hole move everything after them, so the holes
 * are in it.
 */
export function outputTag({ x, node, owner, missing }: Execution): string {
  const hash = createHash("sha256").update(JSON.stringify([x, node, owner, missing]));
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}

/** Bytes `from` to `to` (exclusive) of what comes. Throws if less comes. */
export async function* cut(pieces: AsyncIterable<Buffer>, from: number, to: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += piece.length;
    if (part.length > 0) yield part;
    if (at >= to) return;
  }
  throw new Error(`Cannot send bytes ${from} to ${to} of an output: it has ${at}`);
}
