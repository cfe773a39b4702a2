import { createHash } from "node:crypto";
import type { Execution } from "../wire/api.ts";

/** Bytes that a client has already, and the state of the output that they belong to. */
export interface AskedRange {
  readonly from: number;
  readonly ifRange: string | undefined;
}

/** Accepts only "from here to the end" (RFC 9110, section 14.1.2); anything else is answered with the whole. */
export function parseRange(range: string | undefined, ifRange: string | undefined): AskedRange | undefined {
  const [, from] = /^bytes=(\d{1,15})-$/.exec(range ?? "") ?? [];
  return from === undefined ? undefined : { from: Number(from), ifRange };
}

/**
 * A tag that stays the same while output only grows at its end. Late lines that fill a hole move everything after them,
 * so the tag covers the holes.
 */
export function outputTag({ x, node, owner, missing }: Execution): string {
  const hash = createHash("sha256").update(JSON.stringify([x, node, owner, missing]));
  return `"${hash.digest("base64url").slice(0, 22)}"`;
}

/** Bytes `from` to `to` (exclusive) of `pieces`. Throws if there are fewer. */
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
