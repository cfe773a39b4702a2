import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer, Server } from "node:net";

/** Below ip_local_port_range: the kernel assigns none of these by itself. */
const FIRST = 20_000;
const PER_WORKER = 1_000;
const WORKERS = 12;

const workersFirst = FIRST + PER_WORKER * (Number(process.env["VITEST_POOL_ID"] ?? 0) % WORKERS);
let tried = randomInt(PER_WORKER);

/**
 * A port of 127.0.0.1 that was free a moment ago, another one each time. Only for programs that need a fixed port:
 * others listen on port 0 and report their port.
 */
export async function freePort(protocol: "tcp" | "udp" = "tcp"): Promise<number> {
  for (;;) {
    tried += 1;
    const port = workersFirst + (tried % PER_WORKER);
    if (await isFree(protocol, port)) return port;
  }
}

function isFree(protocol: "tcp" | "udp", port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const close = () => void socket.close(() => resolve(true));
    const socket = protocol === "tcp" ? createServer() : createSocket("udp4");
    socket.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(false) : reject(error),
    );
    if (socket instanceof Server) socket.listen(port, "127.0.0.1", close);
    else socket.bind(port, "127.0.0.1", close);
  });
}
