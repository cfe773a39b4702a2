import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type IrcMessage, ircLine, parseIrcMessage } from "./irc-message.ts";
import { nickOf } from "./speakers.ts";

/** A line of RFC 2812, and the tags that a server may put before it (IRCv3). */
const MAX_LINE_BYTES = 512 + 8_191;
/** Servers ask for a sign of life every one or two minutes; this one asks as well, and gives up after twice that. */
const ASK_AFTER_MS = 60_000;
const CONNECT_WITHIN_MS = 30_000;

export interface IrcServer {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain, on loopback only. */
  readonly tls: { readonly ca: string | undefined } | undefined;
  /** Empty: none. */
  readonly password: string;
  readonly nick: string;
}

interface IrcConnectionOptions {
  readonly server: IrcServer;
  readonly after: (act: () => void, afterMs: number) => () => void;
  readonly onMessage: (message: IrcMessage) => void;
  /** Once, with the reason. */
  readonly onClosed: (why: string) => void;
}

/** A connection to an IRC server: signs on, answers its pings, and ends when it is silent. Of a TLS server the certificate is checked. */
export class IrcConnection {
  readonly #options: IrcConnectionOptions;
  readonly #socket: Socket;
  #nick: string;
  #rest = Buffer.alloc(0);
  #why = "the connection was closed";
  #isAsked = false;
  #cancel: () => void;

  constructor(options: IrcConnectionOptions) {
    this.#options = options;
    const { server, after, onClosed } = options;
    const { host, port, tls, password, nick } = server;
    this.#nick = nick;
    const ready = () => {
      if (password !== "") this.send(ircLine("PASS", password));
      this.send(ircLine("NICK", nick));
      this.send(ircLine("USER", "marcologger", "0", "*", "marcologger"));
      this.#watch();
    };
    const trust = tls?.ca === undefined ? {} : { ca: tls.ca };
    // RFC 6066, section 3: a name, never an address.
    const name = isIP(host) === 0 ? { servername: host } : {};
    this.#socket =
      tls === undefined ? connectPlain({ host, port }, ready) : connectTls({ host, port, ...name, ...trust }, ready);
    this.#cancel = after(() => this.close("it does not answer"), CONNECT_WITHIN_MS);
    this.#socket.on("data", (data: Buffer) => this.#read(data));
    this.#socket.on("error", (error: Error) => {
      this.#why = error.message;
    });
    this.#socket.once("close", () => {
      this.#cancel();
      onClosed(this.#why);
    });
  }

  /** Its nick now: the wanted one may be taken. */
  get nick(): string {
    return this.#nick;
  }

  send(line: string): void {
    this.#socket.write(line);
  }

  close(why: string): void {
    this.#why = why;
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    this.#watch();
    const all = Buffer.concat([this.#rest, data]);
    const end = all.lastIndexOf(10) + 1;
    this.#rest = all.subarray(end);
    if (this.#rest.length > MAX_LINE_BYTES) {
      this.close(`it sends lines of more than ${MAX_LINE_BYTES} octets`);
      return;
    }
    for (const line of all.toString("utf8", 0, end).split("\n")) {
      const message = parseIrcMessage(line.replace(/\r$/, ""));
      if (message !== undefined) this.#hear(message);
    }
  }

  #hear(message: IrcMessage): void {
    const { command, params } = message;
    const [first = ""] = params;
    if (command === "PING") this.send(ircLine("PONG", first));
    if (command === "001") this.#nick = first;
    // Services and operators change nicks as well.
    if (command === "NICK" && nickOf(message.source) === this.#nick) this.#nick = first;
    // The nick is in use, or held back after a split of the network; 437 may also mean the channel.
    if (command === "433" || (command === "437" && params[1] === this.#nick)) {
      this.#nick = `${this.#nick}_`;
      this.send(ircLine("NICK", this.#nick));
    }
    // Too long for this server, or not of its letters.
    if (command === "432") this.close(`it takes no nick ${this.#nick}: ${params.at(-1)}`);
    if (command === "ERROR") this.#why = `the server says: ${first}`;
    this.#options.onMessage(message);
  }

  /** Whenever something was heard: asks when it has been silent for a while, and ends it when there is no answer. */
  #watch(): void {
    this.#cancel();
    this.#isAsked = false;
    this.#cancel = this.#options.after(() => this.#ask(), ASK_AFTER_MS);
  }

  #ask(): void {
    if (this.#isAsked) {
      this.close("it is silent");
      return;
    }
    this.#isAsked = true;
    this.send(ircLine("PING", "marcologger"));
    this.#cancel = this.#options.after(() => this.#ask(), ASK_AFTER_MS);
  }
}
