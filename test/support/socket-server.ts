import { mkdir } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { afterwards } from "./cleanup.ts";

export interface SocketServer {
  /** Connections, oldest first. */
  readonly sockets: Socket[];
  /** Calls the listener with each connection from now on. */
  onConnection(listener: (socket: Socket) => void): void;
  close(): Promise<void>;
}

/**
 * Listens on a unix socket until the test ends. Connections arrive paused.
 *
 * @param serve Called with each connection and its index, from 0.
 */
export async function socketServer(
  path: string,
  serve: (socket: Socket, index: number) => void,
): Promise<SocketServer> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => {});
    serve(socket, sockets.push(socket) - 1);
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
  afterwards(close);
  return { sockets, onConnection: (listener) => void server.on("connection", listener), close };
}
