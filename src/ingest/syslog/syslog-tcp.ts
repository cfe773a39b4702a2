import { createServer, type Socket } from "node:net";
import split2 from "split2";
import type { Count } from "../../host/metrics.ts";
import { OctetCounting } from "./octet-counting.ts";
import { MAX_SYSLOG_BYTES, type SyslogListener, type SyslogListenerOptions } from "./syslog-sink.ts";

const LIMITS = { connections: 1_024, idleMs: 600_000 } as const;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Ordinary syslog over TCP, both framings of RFC 6587: a connection whose first byte is a digit counts octets
 * (section 3.4.1), any other ends its messages with LF (section 3.4.2).
 */
export async function startSyslogTcp(options: SyslogListenerOptions): Promise<SyslogListener> {
  const { host, port, sink, log, metrics } = options;
  const received = metrics.count("ml_syslog_tcp_messages_total", "Messages of ordinary syslog received over TCP");
  const discarded = metrics.counter("ml_syslog_tcp_discarded_total", "Messages or connections discarded", "reason");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", (error) => log.event("notice", "syslog connection failed", { error: error.message }));
    socket.setTimeout(LIMITS.idleMs, () => socket.destroy());
    const source = socket.remoteAddress ?? "unknown";
    const take = (message: Buffer): void => {
      received.inc();
      if (!sink.write(source, message)) discarded("sink").inc();
    };
    socket.once("data", (first: Buffer) => readFramed(socket, first, { take, refused: discarded("framing") }));
  });
  server.maxConnections = LIMITS.connections;
  server.on("drop", () => discarded("too-many").inc());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  server.on("error", (error) => log.event("error", "cannot accept a syslog connection", { error: error.message }));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function readFramed(
  socket: Socket,
  first: Buffer,
  { take, refused }: { take: (message: Buffer) => void; refused: Count },
): void {
  const byte = first[0] ?? 0;
  const giveUp = (): void => {
    refused.inc();
    socket.destroy();
  };
  if (byte >= ZERO && byte <= NINE) {
    const counted = new OctetCounting({ maxBytes: MAX_SYSLOG_BYTES, take });
    const feed = (chunk: Buffer): void => {
      if (!counted.feed(chunk)) giveUp();
    };
    feed(first);
    socket.on("data", feed);
    return;
  }
  // Bounds the longest line: beyond it, split2 ends the stream with an error.
  const lines = split2({ maxLength: MAX_SYSLOG_BYTES });
  lines.on("data", (line: string) => take(Buffer.from(line)));
  lines.on("error", giveUp);
  lines.write(first);
  socket.pipe(lines);
}
