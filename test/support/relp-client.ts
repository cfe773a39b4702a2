import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/**
 * A RELP client for tests: sends commands, and remembers which were acknowledged. Not built on the collector's parser.
 */
export class RelpClient {
  readonly socket: Socket;
  readonly replies: string[] = [];
  #waiting: (() => void)[] = [];
  #text = "";
  #txnr = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
      for (;;) {
        const match = /^(\d+) (\w+) (\d+)( ?)/.exec(this.#text);
        if (match === null) return;
        const bytes = match[0].length + Number(match[3]) + 1;
        if (this.#text.length < bytes) return;
        this.replies.push(this.#text.slice(0, bytes - 1));
        this.#text = this.#text.slice(bytes);
        this.#wake();
      }
    });
    for (const event of ["error", "end", "close"]) socket.on(event, () => this.#wake());
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  static async connect(port: number, tls?: ConnectionOptions): Promise<RelpClient> {
    const socket = tls === undefined ? connect(port, "127.0.0.1") : connectTls({ port, host: "127.0.0.1", ...tls });
    await once(socket, tls === undefined ? "connect" : "secureConnect");
    return new RelpClient(socket);
  }

  /** Connects and opens the session. */
  static async open(port: number, tls?: ConnectionOptions): Promise<RelpClient> {
    const client = await RelpClient.connect(port, tls);
    client.command("open", "relp_version=0\nrelp_software=test\ncommands=syslog");
    await client.answered(1);
    return client;
  }

  command(name: string, data: string): void {
    this.socket.write(this.frame(name, data));
  }

  /** One command as bytes, with the next number. */
  frame(name: string, data: string): Buffer {
    this.#txnr += 1;
    const body = Buffer.from(data);
    return Buffer.concat([
      Buffer.from(body.length === 0 ? `${this.#txnr} ${name} 0` : `${this.#txnr} ${name} ${body.length} `),
      body,
      Buffer.from("\n"),
    ]);
  }

  /** Sends messages and resolves when every one is acknowledged. */
  async send(...messages: readonly string[]): Promise<void> {
    this.socket.write(Buffer.concat(messages.map((message) => this.frame("syslog", message))));
    await this.answered(this.#txnr);
  }

  /** Resolves after this many replies; rejects if the server closes before. */
  async answered(count: number): Promise<void> {
    while (this.replies.length < count) {
      if (this.socket.destroyed || this.socket.readableEnded) {
        throw new Error(`The server closed after ${this.replies.length} of ${count} replies`);
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, "close");
  }

  destroy(): void {
    this.socket.destroy();
  }
}
