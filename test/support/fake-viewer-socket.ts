import { Writable } from "node:stream";
import { parseLinesMessage, parseServerMessage, type ServerMessage } from "../../src/wire/live.ts";
import { poll } from "./poll.ts";

/** Messages received by a viewer's socket, decoded. */
export interface Received {
  readonly texts: ServerMessage[];
  /** Numbers of lines in the order they came, for each execution. */
  readonly lines: Map<string, number[]>;
}

/**
 * The socket of a viewer, without a network: takes frames at the pace of `take`, and decodes them.
 */
export class FakeViewerSocket extends Writable {
  readonly received: Received = { texts: [], lines: new Map() };
  #take: () => Promise<void>;

  constructor(options: { take: () => Promise<void>; highWaterMark: number }) {
    super({ highWaterMark: options.highWaterMark });
    this.#take = options.take;
  }

  /** Waits until everything written is taken. */
  async taken(): Promise<Received> {
    await poll("the viewer has taken everything", () => this.writableLength === 0);
    return this.received;
  }

  /** As ws does it: one text frame. */
  send(text: string): void {
    const payload = Buffer.from(text);
    const header = Buffer.alloc(10);
    header[0] = 0x81;
    header[1] = 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
    this.write(Buffer.concat([header, payload]));
  }

  override _write(frame: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#take().then(() => {
      this.#decode(frame);
      done();
    }, done);
  }

  /** Each write is one whole frame. */
  #decode(frame: Buffer): void {
    const length = frame.readUInt8(1);
    const headerBytes = length < 126 ? 2 : length === 126 ? 4 : 10;
    const told = length < 126 ? length : length === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
    const text = frame.toString("utf8", headerBytes);
    if (Buffer.byteLength(text) !== told) throw new Error(`Frame of ${frame.length} octets says ${told}`);
    if (frame[0] === 0x81) {
      const message = parseServerMessage(text);
      if (message === undefined) throw new Error(`Not a server message: ${text}`);
      this.received.texts.push(message);
      return;
    }
    const message = parseLinesMessage(text);
    if (message === undefined || message.lines.length !== message.header.count) throw new Error(`Bad lines: ${text}`);
    for (const { n, text: line } of message.lines) {
      if (line !== `line ${n}`) throw new Error(`Line ${n} says ${line}`);
    }
    const { x } = message.header;
    this.received.lines.set(x, [...(this.received.lines.get(x) ?? []), ...message.lines.map(({ n }) => n)]);
  }
}
