import { mkdir } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { afterwards } from "./cleanup.ts";

export interface FakeRelaySocket {
  readonly path: string;
  /** Bytes received on each connection so far, oldest connection first. */
  readonly received: Buffer[];
  readonly sockets: Socket[];
  /** Called with each connection to come. */
  onConnection(listener: (socket: Socket) => void): void;
  close(): Promise<void>;
}

export interface FakeRelaySocketOptions {
  /** Connections, counted from 0, that are accepted and never read. Default none. */
  readonly hangs?: (connection: number) => boolean;
  /** Answers a half-close with its own, as rsyslogd does when it has taken over everything. Default true. */
  readonly confirms?: boolean;
}

/** A relay's socket behind a gate, in this process: hangs or does not confirm on command, as rsyslogd cannot. */
export async function fakeRelaySocket(path: string, options: FakeRelaySocketOptions = {}): Promise<FakeRelaySocket> {
  const { hangs = () => false, confirms = true } = options;
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    const index = received.push(Buffer.alloc(0)) - 1;
    sockets.push(socket);
    socket.on("error", () => {});
    if (hangs(index)) return;
    socket.resume();
    socket.on("data", (bytes: Buffer) => {
      received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), bytes]);
    });
    socket.on("end", () => {
      if (confirms) socket.end();
    });
  });
  await mkdir(dirname(path), { recursive: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
  const onConnection = (listener: (socket: Socket) => void) => void server.on("connection", listener);
  afterwards(close);
  return { path, received, sockets, onConnection, close };
}
