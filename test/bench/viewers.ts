import { connect, type Socket } from "node:net";
import { CRI } from "../../src/wire/cri.ts";
import { parseLinesHeader } from "../../src/wire/live.ts";
import { FrameReader } from "./frame-reader.ts";
import { type Latency, LatencySamples, type Sampling } from "./latency-samples.ts";

/**
 * Viewers of one execution over WebSockets, a process of its own, made cheap so that the server is what is measured:
 * raw sockets that read into one buffer, of which most only count what comes.
 */
export interface ViewersTask {
  readonly port: number;
  readonly cookie: string;
  readonly x: string;
  /** Viewers that inspect messages. */
  readonly measured: number;
  /** Viewers that only count bytes. */
  readonly counting: number;
  /** Viewers that read 64 KiB a second. */
  readonly slow: number;
  readonly lineBytes: number;
  readonly sampling: Sampling;
  /** First line that comes once all are live, and last. */
  readonly joinN: number;
  readonly untilN: number;
}

export interface ViewersResult extends Latency {
  /** Viewers, slow ones apart, that did not get every line. */
  readonly incomplete: number;
  /** Binary messages that one viewer got. */
  readonly messages: number;
}

const READ_BYTES = 65_536;
const SLOW_READ_EVERY_MS = 1_000;
const TEXT = 1;
const BINARY = 2;
const LINE_FEED = 0x0a;

/** One viewer: what it does with messages of lines or, where it only counts, with the bytes that it has read. */
interface Behaviour {
  readonly onLines?: (payload: Buffer) => void;
  /** False: reads no more until `resume`. */
  readonly onBytes?: (bytes: number, socket: Socket) => boolean;
}

const task: ViewersTask = JSON.parse(process.argv[2] ?? "{}");
const stepBytes = CRI.prefixCharacters + task.lineBytes + 1;
const wholeBytes = (task.untilN - task.joinN + 1) * stepBytes;
const buffer = Buffer.allocUnsafe(READ_BYTES);
const samples: LatencySamples[] = [];
let [live, complete, messages] = [0, 0, 0];

function open({ onLines, onBytes }: Behaviour): void {
  let isLive = false;
  const reader = new FrameReader((opcode, payload) => {
    if (opcode === BINARY) onLines?.(payload);
    if (opcode !== TEXT || isLive || !payload.includes('"t":"live"')) return;
    isLive = true;
    live += 1;
    if (live === task.measured + task.counting + task.slow) process.stdout.write("live\n");
  });
  const callback = (bytes: number): boolean => {
    if (isLive && onBytes !== undefined) return onBytes(bytes, socket);
    reader.push(buffer.subarray(0, bytes));
    return true;
  };
  const socket = connect({ port: task.port, host: "127.0.0.1", onread: { buffer, callback } });
  socket.write(upgradeRequest());
  socket.write(subscribeFrame());
  socket.on("error", (error) => process.stdout.write(`failed ${error.message}\n`));
  socket.on("close", () => process.stdout.write("closed\n"));
}

function measured(): Behaviour {
  const sample = new LatencySamples(task.sampling);
  samples.push(sample);
  return {
    onLines(payload) {
      sample.tick();
      messages += 1;
      const linesAt = payload.indexOf(LINE_FEED) + 1;
      const header = parseLinesHeader(payload.toString("latin1", 0, linesAt - 1));
      if (header === undefined) throw new Error("A message without header came");
      const textAt = linesAt + CRI.prefixCharacters;
      sample.take(payload, { firstN: header.n, count: header.count, textAt, stepBytes });
      if (sample.lastN === task.untilN) oneMoreComplete();
    },
  };
}

function counting(): Behaviour {
  let left = wholeBytes;
  return {
    onBytes(bytes) {
      const wasComplete = left <= 0;
      left -= bytes;
      if (left <= 0 && !wasComplete) oneMoreComplete();
      return true;
    },
  };
}

function slow(): Behaviour {
  return {
    onBytes(_bytes, socket) {
      setTimeout(() => socket.resume(), SLOW_READ_EVERY_MS);
      return false;
    },
  };
}

function oneMoreComplete(): void {
  complete += 1;
  if (complete === task.measured + task.counting) process.stdout.write("complete\n");
}

function upgradeRequest(): string {
  const host = `127.0.0.1:${task.port}`;
  const lines = [
    "GET /live HTTP/1.1",
    `Host: ${host}`,
    `Origin: http://${host}`,
    `Cookie: ${task.cookie}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** RFC 6455, section 5.2: a masked text; a mask of zeros leaves it as it is. */
function subscribeFrame(): Buffer {
  const text = JSON.stringify({ t: "subscribe", id: 1, what: { x: task.x }, from: "end", lines: true });
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

for (let i = 0; i < task.measured; i += 1) open(measured());
for (let i = 0; i < task.counting; i += 1) open(counting());
for (let i = 0; i < task.slow; i += 1) open(slow());
process.stdin.on("data", () => {
  const incomplete = task.measured + task.counting - complete;
  const result: ViewersResult = {
    ...LatencySamples.latency(samples),
    incomplete,
    messages: messages / Math.max(1, task.measured),
  };
  process.stdout.write(`result ${JSON.stringify(result)}\n`);
});
