const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A WebSocket server's stream after the handshake (RFC 6455, section 5.2): whole frames, unmasked. */
export class FrameReader {
  readonly #onFrame: (opcode: number, payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  constructor(onFrame: (opcode: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes bytes; the caller may reuse them after the call. */
  push(bytes: Buffer): void {
    const data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    if (!this.#isOpen) {
      const end = data.indexOf("\r\n\r\n");
      if (end >= 0 && !data.toString("latin1", 0, end).startsWith("HTTP/1.1 101")) {
        throw new Error(`The upgrade was answered with ${data.toString("latin1", 0, end).split("\r\n")[0]}`);
      }
      this.#isOpen = end >= 0;
      at = end < 0 ? 0 : end + 4;
    }
    while (this.#isOpen) {
      const frame = frameAt(data, at);
      if (frame === undefined) break;
      this.#onFrame((data[at] ?? 0) & 0x0f, data.subarray(frame.payloadAt, frame.end));
      at = frame.end;
    }
    this.#rest = Buffer.from(data.subarray(at));
  }
}

function frameAt(data: Buffer, at: number): { payloadAt: number; end: number } | undefined {
  const short = (data[at + 1] ?? 0) & 0x7f;
  const payloadAt = at + (short === LENGTH_16 ? 4 : short === LENGTH_64 ? 10 : 2);
  if (payloadAt > data.length) return undefined;
  const length =
    short === LENGTH_16 ? data.readUInt16BE(at + 2) : short === LENGTH_64 ? data.readUInt32BE(at + 6) : short;
  const end = payloadAt + length;
  return end > data.length ? undefined : { payloadAt, end };
}
