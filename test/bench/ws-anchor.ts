import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { serveOrders } from "./paced-lines.ts";

/**
 * ws by itself, a process of its own: what a line of an execution costs when nothing is done but to send it to every
 * WebSocket. `ws-anchor.js X LINE_BYTES MESSAGES_PER_LINE`: as many messages as ours, of the same bytes.
 */
const [x = "", lineBytes = "", messagesPerLine = ""] = process.argv.slice(2);
const CRI_HEAD = "2026-11-20T04:17:44.960662Z stdout F ";

const all = new Set<WebSocket>();
const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket) => {
  all.add(socket);
  socket.once("message", () => socket.send(JSON.stringify({ t: "live", id: 1 })));
  socket.once("close", () => all.delete(socket));
});

let lines: string[] = [];
let firstOfLines = 0;
/** Messages that are due and not sent; a fraction until the next is. */
let due = 0;

function flush(): void {
  if (lines.length === 0) return;
  const header = JSON.stringify({ x, node: "node1", owner: "root", n: firstOfLines, count: lines.length });
  const message = Buffer.from(`${header}\n${lines.join("")}`);
  for (const socket of all) socket.send(message, { binary: true });
  lines = [];
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") process.stdout.write(`port ${address.port}\n`);
});
await serveOrders(
  {
    send(firstN, texts) {
      if (lines.length === 0) firstOfLines = firstN;
      for (const text of texts) lines.push(`${CRI_HEAD}${text}\n`);
      due += texts.length > 1 ? 1 : Number(messagesPerLine);
      if (due < 1) return;
      due -= 1;
      flush();
    },
    settle: async () => flush(),
  },
  Number(lineBytes),
);
process.exit(0);
