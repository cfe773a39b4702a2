import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";

export interface RelpDump {
  readonly port: number;
  /** DATA of every `syslog` frame in the order received, including resent ones. */
  readonly messages: readonly Buffer[];
  /** The relay's own frames, which are not among the messages. */
  readonly relayFrames: readonly string[];
  /** Number of sessions opened so far. */
  sessions(): number;
  /** Passes on raw octets as they come. */
  onData(listener: (bytes: Buffer) => void): void;
  waitFor(count: number, withinMs?: number): Promise<readonly Buffer[]>;
  close(): Promise<void>;
}

interface RelpDumpOptions {
  readonly port?: number;
  /** PEM files' contents. The client must show a certificate of this authority. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer; readonly ca: Buffer };
  /** The status of each message's reply. Default `200 OK`. */
  readonly answer?: string;
  /** False: answers the sender's close, then holds the connection open. */
  readonly closes?: boolean;
}

const SPACE = 0x20;
const RELAY_FRAME = /^<134>1 \S+ \S+ mlrun - RELAY /;

/** A RELP receiver for tests, written apart from the collector's: acknowledges everything and keeps it in memory. */
export async function startRelpDump(options: RelpDumpOptions = {}): Promise<RelpDump> {
  const messages: Buffer[] = [];
  const relayFrames: string[] = [];
  const sockets = new Set<Socket>();
  let sessions = 0;
  let onData: (bytes: Buffer) => void = () => {};

  function serve(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    let rest: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      onData(bytes);
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      let replies = "";
      for (let frame = parseFrame(rest); frame !== undefined; frame = parseFrame(rest)) {
        rest = rest.subarray(frame.bytes);
        replies += answer(frame);
      }
      if (replies !== "") socket.write(replies);
    });
  }

  function answer({ txnr, command, data }: Frame): string {
    if (command === "close") return options.closes === false ? `${txnr} rsp 0\n` : `${txnr} rsp 0\n0 serverclose 0\n`;
    if (command === "open") {
      sessions += 1;
      const offers = "200 OK\nrelp_version=0\nrelp_software=relp-dump\ncommands=syslog";
      return `${txnr} rsp ${offers.length} ${offers}\n`;
    }
    if (RELAY_FRAME.test(data.toString("latin1"))) relayFrames.push(data.toString());
    else messages.push(data);
    const status = options.answer ?? "200 OK";
    return `${txnr} rsp ${status.length} ${status}\n`;
  }

  const server =
    options.tls === undefined
      ? createServer({ allowHalfOpen: options.closes === false }, serve)
      : createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: true }, serve);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Cannot listen for RELP: no TCP address");

  async function close(): Promise<void> {
    if (!server.listening) return;
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  }
  afterwards(close);
  return {
    port: address.port,
    messages,
    relayFrames,
    sessions: () => sessions,
    onData: (listener) => {
      onData = listener;
    },
    async waitFor(count, withinMs) {
      await poll(`${count} RELP messages`, () => messages.length >= count, withinMs);
      return messages;
    },
    close,
  };
}

interface Frame {
  readonly txnr: string;
  readonly command: string;
  readonly data: Buffer;
  /** Octets of the whole frame. */
  readonly bytes: number;
}

/** Parses TXNR SP COMMAND SP LENGTH [SP DATA] LF. */
function parseFrame(bytes: Buffer): Frame | undefined {
  const commandAt = bytes.indexOf(SPACE) + 1;
  const lengthAt = bytes.indexOf(SPACE, commandAt) + 1;
  if (commandAt === 0 || lengthAt === 0) return undefined;
  const digits = /^\d+(?=[ \n])/.exec(bytes.toString("latin1", lengthAt, lengthAt + 10))?.[0];
  if (digits === undefined) return undefined;
  const length = Number(digits);
  const dataAt = lengthAt + digits.length + (length > 0 ? 1 : 0);
  if (bytes.length < dataAt + length + 1) return undefined;
  const txnr = bytes.toString("latin1", 0, commandAt - 1);
  const command = bytes.toString("latin1", commandAt, lengthAt - 1);
  return { txnr, command, data: bytes.subarray(dataAt, dataAt + length), bytes: dataAt + length + 1 };
}
