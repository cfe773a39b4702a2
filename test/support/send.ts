import { once } from "node:events";
import { createConnection } from "node:net";
import { run } from "./processes.ts";

/** Between messages on their way to the program that sends them. */
const SEPARATOR = "<<next message>>";

/**
 * Sends messages to lines.sock, octet counted, and waits for the relay's EOF, which says that all were taken over.
 * Fails when the relay breaks the connection.
 */
export async function sendLines(socketPath: string, messages: readonly (string | Buffer)[]): Promise<void> {
  const socket = createConnection({ path: socketPath, allowHalfOpen: true });
  socket.resume();
  for (const message of messages) {
    const bytes = Buffer.from(message);
    socket.write(`${bytes.length} `);
    socket.write(bytes);
  }
  socket.end();
  await once(socket, "end");
}

/** Sends one datagram to begin.sock as this process or, with `as`, through another program that runs it. */
export function sendBegin(socketPath: string, message: string, as: readonly string[] = []): Promise<void> {
  return sendBegins(socketPath, [message], as);
}

/** Sends a datagram for each message, in order. */
export async function sendBegins(
  socketPath: string,
  messages: readonly string[],
  as: readonly string[] = [],
): Promise<void> {
  const python = "import socket,sys; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.connect(sys.argv[1]); ";
  const send = `[s.send(m) for m in sys.stdin.buffer.read().split(b"${SEPARATOR}")]`;
  const [command = "python3", ...args] = [...as, "python3", "-c", python + send, socketPath];
  const result = await run(command, args, { input: Buffer.from(messages.join(SEPARATOR)) });
  if (result.code !== 0) throw new Error(`Cannot send to ${socketPath}: ${result.stderr}`);
}
