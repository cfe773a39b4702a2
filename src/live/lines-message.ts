import type { LinesHeader } from "../wire/live.ts";
import type { Lines, Source } from "./ports.ts";
import { newFrame, OPCODE } from "./web-socket-frame.ts";

/** Consecutive lines of one execution as one WebSocket message, encoded once for all its viewers. */
export interface LinesMessage {
  readonly source: Source;
  /** `sourceKey(source)`. */
  readonly key: string;
  readonly firstN: number;
  readonly count: number;
  /** A whole WebSocket frame. Shared, so never change it. */
  readonly frame: Buffer;
}

/** Key of an execution in maps, never split again. Unambiguous: an x has a fixed length, user names have no NUL. */
export function sourceKey({ x, owner, node }: Pick<Source, "x" | "owner" | "node">): string {
  return `${x}${owner}\0${node}`;
}

/** Copies the lines into a message. Each of `pieces` begins where the previous one ended; at least one. */
export function encodeLines(source: Source, key: string, pieces: readonly [Lines, ...Lines[]]): LinesMessage {
  const { x, node, owner } = source;
  const { firstN } = pieces[0];
  const count = pieces.reduce((sum, piece) => sum + piece.count, 0);
  const header = `${JSON.stringify({ x, node, owner, n: firstN, count } satisfies LinesHeader)}\n`;
  const payloadBytes = pieces.reduce((sum, { cri }) => sum + cri.length, Buffer.byteLength(header));
  const { frame, at: payloadAt } = newFrame(OPCODE.binary, payloadBytes);
  let at = payloadAt + frame.write(header, payloadAt);
  for (const { cri } of pieces) at += cri.copy(frame, at);
  return { source, key, firstN, count, frame };
}
