import { type SocketServer, socketServer } from "./socket-server.ts";

export interface FakeRelaySocket extends SocketServer {
  readonly path: string;
  /** Bytes received on each connection so far, oldest connection first. */
  readonly received: Buffer[];
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
  const server = await socketServer(path, (socket, index) => {
    received.push(Buffer.alloc(0));
    if (hangs(index)) return;
    socket.resume();
    socket.on("data", (bytes: Buffer) => {
      received[index] = Buffer.concat([received[index] ?? Buffer.alloc(0), bytes]);
    });
    socket.on("end", () => {
      if (confirms) socket.end();
    });
  });
  return { ...server, path, received };
}
