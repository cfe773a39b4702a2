import { once } from "node:events";
import { connect, type Socket } from "node:net";
import WebSocket from "ws";
import { type ClientMessage, parseLinesMessage, parseServerMessage, type ServerMessage } from "../../src/wire/live.ts";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";
import { type Browser, signedIn, startWeb } from "./web.ts";

/** An execution of alice. */
export const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";

type Web = Awaited<ReturnType<typeof startWeb>>;

/** A WebSocket of a signed-in user, and everything received. */
export class LiveViewer {
  readonly ws: WebSocket;
  readonly texts: ServerMessage[] = [];
  /** Numbers of lines, in the order they came. */
  readonly lines: number[] = [];
  readonly closed: Promise<number>;

  constructor(url: string, headers: Record<string, string>) {
    this.ws = new WebSocket(url, { headers });
    this.ws.on("message", (data: Buffer, isBinary) => this.#take(data.toString(), isBinary));
    this.closed = new Promise((resolve) => this.ws.on("close", (code) => resolve(code)));
    this.ws.on("error", () => undefined);
    afterwards(() => this.ws.terminate());
  }

  subscribe(message: Partial<Extract<ClientMessage, { t: "subscribe" }>>): void {
    this.ws.send(JSON.stringify({ t: "subscribe", id: 1, from: 1, lines: true, what: { x: X }, ...message }));
  }

  unsubscribe(id: number): void {
    this.ws.send(JSON.stringify({ t: "unsubscribe", id }));
  }

  async got(what: ServerMessage["t"]): Promise<ServerMessage> {
    return poll(`the viewer gets ${what}`, () => this.texts.find(({ t }) => t === what));
  }

  #take(text: string, isBinary: boolean): void {
    if (isBinary) {
      const message = parseLinesMessage(text);
      if (message === undefined) throw new Error(`Bad lines: ${text}`);
      for (const line of message.lines) this.lines.push(line.n);
      return;
    }
    const message = parseServerMessage(text);
    if (message === undefined) throw new Error(`Bad message: ${text}`);
    this.texts.push(message);
  }
}

export async function watcher(web: Web, browser: Browser): Promise<LiveViewer> {
  const viewer = new LiveViewer(`${web.origin.replace("http", "ws")}/live`, {
    cookie: browser.cookie,
    origin: web.origin,
  });
  await once(viewer.ws, "open");
  return viewer;
}

export async function begun(options: Parameters<typeof startWeb>[0] = {}) {
  const web = await startWeb(options);
  const execution = web.archive.add({ x: X });
  const alice = await signedIn(web.origin, "alice");
  return { web, execution, alice };
}

/** A raw WebSocket client that only does what tests do, subscribed to all live lines. */
export async function rawViewer(web: Web, browser: Browser): Promise<Socket> {
  const headers = [`Cookie: ${browser.cookie}`, `Origin: ${web.origin}`, `Host: 127.0.0.1:${web.port}`];
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  const socket = connect({ port: web.port, host: "127.0.0.1" });
  afterwards(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write(`${["GET /live HTTP/1.1", ...headers, ...upgrade, key].join("\r\n")}\r\n\r\n`);
  await once(socket, "readable");
  const text = JSON.stringify({ t: "subscribe", id: 1, what: { all: true }, from: "end", lines: true });
  // FIN and text; masked with zeros (RFC 6455, section 5.3).
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
  await poll("it is live", () => socket.read()?.includes('"live"'));
  return socket;
}
