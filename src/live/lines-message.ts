import type { LinesHeader } from "../wire/live.ts";
import type { Lines, Source } from "./ports.ts";

/** Consecutive lines of one execution as one WebSocket message, encoded once for all its viewers. */
export interface LinesMessage {
  readonly source: Source;
  /** `sourceKey(source)`. */
  readonly key: string;
  readonly firstN: number;
  readonly count: number;
  /** A whole WebSocket frame. Shared: never to be changed. */
  readonly frame: Buffer;
}

/** An execution's key in maps. Never split again. An x has a fixed length, and a user's name no NUL. */
export function sourceKey({ x, owner, node }: Pick<Source, "x" | "owner" | "node">): string {
  return `${x}${owner}\0${node}`;
}

/** Copies the lines into a message. Each of `pieces` begins where the one before it ended; at least one. */
export function encodeLines(source: Source, key: string, pieces: readonly [Lines, ...Lines[]]): LinesMessage {
  const { x, node } = source;
  const { firstN } = pieces[0];
  const count = pieces.reduce((sum, piece) => sum + piece.count, 0);
  const header = `${JSON.stringify({ x, node, n: firstN, count } satisfies LinesHeader)}\n`;
  const payloadBytes = pieces.reduce((sum, { cri }) => sum + cri.length, Buffer.byteLength(header));
  const frame = Buffer.allocUnsafe(payloadBytes + frameHeaderBytes(payloadBytes));
  let at = writeFrameHeader(frame, payloadBytes);
  at += frame.write(header, at);
  for (const { cri } of pieces) at += cri.copy(frame, at);
  return { source, key, firstN, count, frame };
}

function frameHeaderBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}

/**
 * RFC 6455, section 5.2: FIN, opcode binary, not masked as it goes to a client. The frame is built here and not by ws,
 * because ws would build and write two buffers for every viewer.
 */
function writeFrameHeader(frame: Buffer, payloadBytes: number): number {
  frame[0] = 0x82;
  if (payloadBytes < 126) {
    frame[1] = payloadBytes;
    return 2;
  }
  if (payloadBytes < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(payloadBytes, 2);
    return 4;
  }
  frame[1] = 127;
  frame.writeUInt32BE(0, 2);
  frame.writeUInt32BE(payloadBytes, 6);
  return 10;
}
