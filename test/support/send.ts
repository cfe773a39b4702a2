import { once } from "node:events";
import { createConnection } from "node:net";
import { greeting } from "../../src/run/delivery/gate-protocol.ts";
import { frameOf } from "./as-sent.ts";
import type { FakeExecution } from "./envelopes.ts";
import { run } from "./processes.ts";

/**
 * Sends messages to a socket of the relay, octet-counted, as the gate does, and waits for the relay's EOF, which says
 * that all were taken over. Fails if the relay breaks the connection.
 */
export async function sendLines(socketPath: string, messages: readonly (string | Buffer)[]): Promise<void> {
  const socket = createConnection({ path: socketPath, allowHalfOpen: true });
  socket.resume();
  socket.end(octetCounting(messages));
  await once(socket, "end");
}

/** Bytes that mlrun sends to the gate for one execution: BEGIN, and these frames. */
export function connectionOf(
  one: FakeExecution,
  frames: readonly (string | Buffer)[],
  begin: Record<string, unknown> = {},
): Buffer {
  const envelope = one.begin(begin);
  const json = envelope.slice(envelope.indexOf("{"));
  return Buffer.concat([greeting({ x: one.x, k: one.k, json }), octetCounting(frames)]);
}

/** Sends one execution to the gate, from envelopes. Fails if not all is taken over. */
export async function sendExecution(gate: string, one: FakeExecution, envelopes: readonly string[]): Promise<void> {
  const socket = createConnection({ path: gate, allowHalfOpen: true });
  let answers = "";
  socket.on("data", (bytes) => {
    answers += bytes.toString("latin1");
  });
  socket.end(connectionOf(one, envelopes.map(frameOf)));
  await once(socket, "end");
  if (answers !== "KT") throw new Error(`The gate answered ${JSON.stringify(answers)}`);
}

/** Sends one datagram, as programs log to /dev/log. */
export async function sendDatagram(socketPath: string, message: string): Promise<void> {
  const python = "import socket,sys; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.connect(sys.argv[1]); ";
  const args = ["-c", `${python}s.send(sys.stdin.buffer.read())`, socketPath];
  const { code, stderr } = await run("python3", args, { input: message });
  if (code !== 0) throw new Error(`Cannot send to ${socketPath}: ${stderr}`);
}

function octetCounting(messages: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => [Buffer.from(`${Buffer.byteLength(message)} `), Buffer.from(message)]),
  );
}
