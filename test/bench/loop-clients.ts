import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import type { ApiClient } from "../support/api-client.ts";
import type { BenchTls } from "./bench-tls.ts";
import { FrameReader } from "./frame-reader.ts";

const AT_ONCE = 16;
const TEXT = 1;
const CLOSE = 8;

/** Whole handshakes, begun in one go; resolves when all have ended, one way or the other. */
export async function handshakes(
  port: number,
  { tls, count }: { readonly tls: BenchTls | undefined; readonly count: number },
): Promise<void> {
  if (tls === undefined) throw new TypeError("Cannot shake hands: there are no certificates");
  const read = (name: string) => readFileSync(join(tls.pki, name));
  const [ca, cert, key] = [read("ca.crt"), read(`${tls.node}.crt`), read(`${tls.node}.key`)];
  const plain = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  await Promise.all(plain.map((socket) => once(socket, "connect")));
  const ended = plain.map(async (socket) => {
    const secure = connectTls({ socket, servername: "localhost", ca, cert, key });
    await once(secure, "secureConnect").catch(() => undefined);
    secure.on("error", () => {});
    return secure;
  });
  for (const secure of await Promise.all(ended)) secure.destroy();
}

/** Every kind of list, as many at once as a browser's tabs might ask for. */
export async function manyLists(api: ApiClient): Promise<void> {
  const paths = [
    "/api/executions?limit=500",
    "/api/executions?q=argument&limit=500",
    "/api/jobs",
    "/api/nodes",
    "/api/runs?limit=500",
  ];
  for (const path of paths) await Promise.all(Array.from({ length: AT_ONCE }, () => read(api, path)));
}

/** The whole log and pages of the only execution. */
export async function manyDownloads(api: ApiClient): Promise<void> {
  const [execution] = await api.executions();
  const of = `/api/executions/${execution?.x}`;
  await Promise.all(Array.from({ length: AT_ONCE }, () => read(api, `${of}/raw`)));
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) => read(api, `${of}/lines?from=${1 + i * 5_000}&limit=5000`)),
  );
}

async function read(api: ApiClient, path: string): Promise<void> {
  const response = await api.request(path);
  for await (const _ of response.body ?? []);
}

/** Subscribes to everything and ends it, again and again, in one write; resolves when all is answered, or refused. */
export async function subscribeInPairs(options: {
  readonly port: number;
  readonly cookie: string;
  readonly pairs: number;
}): Promise<void> {
  const { port, cookie, pairs } = options;
  const socket = connect(port, "127.0.0.1");
  const last = pairs + 1;
  await new Promise<void>((resolve, reject) => {
    const reader = new FrameReader((opcode, payload) => {
      const isLast = opcode === TEXT && payload.includes(`"t":"live","id":${last}`);
      if (isLast || opcode === CLOSE) resolve();
    });
    socket.on("data", (bytes) => reader.push(bytes));
    socket.on("error", reject);
    socket.on("close", () => resolve());
    const host = `127.0.0.1:${port}`;
    const head = ["GET /live HTTP/1.1", `Host: ${host}`, `Origin: http://${host}`, `Cookie: ${cookie}`];
    const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
    socket.write(`${[...head, ...upgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="].join("\r\n")}\r\n\r\n`);
    const frames: Buffer[] = [];
    for (let id = 1; id <= last; id += 1) {
      const from = id < last ? 1 : "end";
      frames.push(masked({ t: "subscribe", id, what: { all: true }, from, lines: true }));
      if (id < last) frames.push(masked({ t: "unsubscribe", id }));
    }
    socket.write(Buffer.concat(frames));
  });
  socket.destroy();
}

/** RFC 6455, section 5.2: a masked text; a mask of zeros leaves it as it is. */
function masked(message: object): Buffer {
  const text = JSON.stringify(message);
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
