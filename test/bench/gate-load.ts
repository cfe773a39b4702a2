import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { beginMessage, lineFrame, nameOf, packedFrame } from "../support/gate-messages.ts";
import { quantile } from "./statistics.ts";

/**
 * mlrun's traffic from a process with all bytes ready: through the gate, or straight into the relay's
 * socket. Prints `ready` and, once told to begin, its measurements.
 */
export interface GateTask {
  readonly socketPath: string;
  /** BEGIN goes first, and the gate's answers are waited for; else the relay's EOF. */
  readonly viaGate: boolean;
  /** Connections one after the other, timed one by one; or one with so many lines. */
  readonly connections: number;
  readonly lines: number;
  readonly linesPerFrame: number;
  /** Of each line. */
  readonly lineBytes: number;
}

const BLOCK_BYTES = 65_536;

/** The first octet, or nothing at EOF. */
async function answer(socket: Socket): Promise<string> {
  const [bytes] = await Promise.race([once(socket, "data"), once(socket, "end").then(() => [""])]);
  return String(bytes);
}

async function connected(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

/** Seconds from the first octet until everything stands in the relay's journal. */
async function sendLines(task: GateTask, bytes: Buffer, started: () => number): Promise<number> {
  const socket = await connected(task.socketPath);
  if (task.viaGate) {
    socket.write(beginMessage(nameOf(1)));
    if ((await answer(socket)) !== "K") throw new Error("The gate did not take BEGIN");
  } else {
    socket.resume();
  }
  const startedAt = started();
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    if (!socket.write(bytes.subarray(at, at + BLOCK_BYTES))) await once(socket, "drain");
  }
  socket.end();
  if ((await answer(socket)) !== (task.viaGate ? "T" : "")) throw new Error("The lines were not taken over");
  return (performance.now() - startedAt) / 1_000;
}

/** Milliseconds from connect until BEGIN, or one frame, stands in the relay's journal. */
async function sendOne(task: GateTask, number: number): Promise<number> {
  const startedAt = performance.now();
  const socket = await connected(task.socketPath);
  if (task.viaGate) socket.write(beginMessage(nameOf(number)));
  else socket.end(lineFrame(nameOf(number), 1));
  if ((await answer(socket)) !== (task.viaGate ? "K" : "")) throw new Error("It was not taken over");
  const ms = performance.now() - startedAt;
  socket.destroy();
  return ms;
}

const task: GateTask = JSON.parse(process.argv[2] ?? "{}");
const text = "x".repeat(task.lineBytes);
const frames: Buffer[] = [];
for (let n = 1; n <= task.lines; n += task.linesPerFrame) {
  frames.push(
    packedFrame(
      nameOf(1),
      n,
      Array.from({ length: task.linesPerFrame }, () => text),
    ),
  );
}
const bytes = Buffer.concat(frames);
process.stdout.write("ready\n");
await once(process.stdin, "data");
if (task.connections === 0) {
  const seconds = await sendLines(task, bytes, () => performance.now());
  process.stdout.write(`seconds ${seconds}\n`);
} else {
  const times: number[] = [];
  for (let i = 0; i < task.connections; i += 1) times.push(await sendOne(task, 100 + i));
  process.stdout.write(`ms ${quantile(times, 0.5)} ${quantile(times, 0.99)}\n`);
}
process.exit();
