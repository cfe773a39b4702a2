import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { type IrcMessage, ircLine, parseIrcMessage } from "../../src/ctl/bot/irc-message.ts";
import { afterwards } from "./cleanup.ts";
import { freePort } from "./free-port.ts";
import { poll } from "./poll.ts";
import { type RunningProcess, start } from "./processes.ts";

/** A real IRC server with TLS, which does not limit anybody's messages. */
export class IrcSite {
  readonly port: number;
  /** PEM of its certificate, which is its own authority. */
  readonly ca: string;
  readonly caFile: string;
  readonly #config: string;
  #ircd: RunningProcess | undefined;

  private constructor(parts: { port: number; caFile: string; config: string }) {
    this.port = parts.port;
    this.caFile = parts.caFile;
    this.ca = readFileSync(parts.caFile, "utf8");
    this.#config = parts.config;
  }

  static async create(folder: string): Promise<IrcSite> {
    mkdirSync(folder, { recursive: true });
    const [cert, key, config] = [join(folder, "cert.pem"), join(folder, "key.pem"), join(folder, "ngircd.conf")];
    const subject = ["-subj", "/CN=irc", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    execFileSync("openssl", [...made, "-keyout", key, "-out", cert, ...subject], { stdio: "ignore" });
    // Otherwise the server generates a group, which takes seconds.
    const dh = join(folder, "dh.pem");
    const group = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", dh];
    execFileSync("openssl", group, { stdio: "ignore" });
    const [port, plain] = [await freePort(), await freePort()];
    const { uid, gid } = userInfo();
    const lines = [
      ...["[Global]", "Name = irc.test", "Info = test", "Listen = 127.0.0.1", `Ports = ${plain}`, "MotdPhrase = test"],
      ...[...(uid === 0 ? [] : [`ServerUID = ${uid}`, `ServerGID = ${gid}`]), "AdminEMail = a@example.org"],
      ...["[Limits]", "MaxConnectionsIP = 0", "MaxPenaltyTime = 0", "PingTimeout = 60"],
      ...["[Options]", "DNS = no", "Ident = no", "PAM = no", "CloakHost = cloaked"],
      ...["[SSL]", `CertFile = ${cert}`, `KeyFile = ${key}`, `DHFile = ${dh}`, `Ports = ${port}`],
    ];
    writeFileSync(config, `${lines.join("\n")}\n`);
    const site = new IrcSite({ port, caFile: cert, config });
    await site.start();
    return site;
  }

  async start(): Promise<void> {
    this.#ircd = start("ngircd", ["-n", "-f", this.#config]);
    await this.#ircd.waitFor(/Now listening on [^\n]*[\s\S]*Now listening on/i);
  }

  async kill(): Promise<void> {
    await this.#ircd?.end("SIGKILL");
  }

  /** Connects a person; resolves once the server has welcomed them. */
  async person(nick: string): Promise<IrcPerson> {
    const socket = connect({ host: "127.0.0.1", port: this.port, ca: this.ca });
    afterwards(() => void socket.destroy());
    const person = new IrcPerson(nick, socket);
    await person.heard(({ command }) => command === "001");
    return person;
  }
}

/** A person's client, which keeps everything that it receives. */
class IrcPerson {
  readonly nick: string;
  readonly messages: IrcMessage[] = [];
  readonly #socket: TLSSocket;

  constructor(nick: string, socket: TLSSocket) {
    this.nick = nick;
    this.#socket = socket;
    let rest = "";
    socket.setEncoding("utf8").on("error", () => undefined);
    socket.on("data", (data: string) => {
      const lines = (rest + data).split("\r\n");
      rest = lines.pop() ?? "";
      this.messages.push(...lines.flatMap((line) => parseIrcMessage(line) ?? []));
    });
    this.send("NICK", nick);
    this.send("USER", nick, "0", "*", nick);
  }

  send(command: string, ...params: readonly string[]): void {
    this.#socket.write(ircLine(command, ...params));
  }

  async join(channel: string): Promise<void> {
    this.send("JOIN", channel);
    await this.heard(({ command }) => command === "366");
  }

  say(target: string, text: string): void {
    this.send("PRIVMSG", target, text);
  }

  heard(isIt: (message: IrcMessage) => boolean): Promise<IrcMessage> {
    return poll(`a message to ${this.nick}`, () => this.messages.find(isIt));
  }

  /** The bot's texts to a target. */
  told(target: string): readonly string[] {
    const own = this.messages.filter(({ command, params }) => command === "NOTICE" && params[0] === target);
    return own.filter(({ source }) => source.includes("!")).map(({ params }) => params[1] ?? "");
  }

  /** The bot's first text that matches; all texts before are forgotten. */
  async answer(target: string, pattern: RegExp): Promise<string> {
    const found = await poll(`${pattern}`, () => this.told(target).find((text) => pattern.test(text))).catch(
      (error: unknown) => {
        throw new Error(`${error} to ${target}, only ${JSON.stringify(this.told(target))}`);
      },
    );
    this.messages.length = 0;
    return found;
  }

  close(): void {
    this.#socket.destroy();
  }
}
