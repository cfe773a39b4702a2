import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContextOptions } from "node:tls";
import { MAX_TXNR } from "../../wire/relp-numbers.ts";
import { RelpError } from "./relp-error.ts";
import { RelpReplies } from "./relp-replies.ts";

export interface RelpTarget {
  readonly host: string;
  readonly port: number;
  /** Certificates for mutual TLS; undefined: unencrypted. */
  readonly tls: Pick<SecureContextOptions, "ca" | "cert" | "key"> | undefined;
}

/** Time for the connection with its handshake, the answer to open, any acknowledgement, the answer to close. */
const RELP_CLIENT_LIMITS = {
  connectWithinMs: 10_000,
  openWithinMs: 10_000,
  ackWithinMs: 90_000,
  closeWithinMs: 2_000,
} as const;

const OFFERS = "relp_version=0\nrelp_software=marcologger\ncommands=syslog";
const LINE_FEED = Buffer.from("\n");

/** The sending half of a RELP session. It owns its socket, and is unusable after any error. */
export class RelpClient {
  readonly #socket: Socket;
  readonly #replies: RelpReplies;
  #txnr = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#replies = new RelpReplies(socket);
  }

  /** Connects and opens the session. Rejects with `RelpError`. */
  static async open(target: RelpTarget): Promise<RelpClient> {
    const client = new RelpClient(await connected(target));
    try {
      client.#write("open", Buffer.from(OFFERS));
      await client.#replies.answered(1, RELP_CLIENT_LIMITS.openWithinMs);
      return client;
    } catch (error) {
      client.destroy();
      if (!(error instanceof RelpError) || error.fault !== "away") throw error;
      throw new RelpError("unwelcome", "the collector ended the session before it was open", error);
    }
  }

  /** Sends messages and resolves when each is acknowledged. The caller bounds how many it sends at a time. */
  async send(messages: readonly Buffer[]): Promise<void> {
    this.#socket.cork();
    for (const message of messages) this.#write("syslog", message);
    this.#socket.uncork();
    await this.#replies.answered(messages.length, RELP_CLIENT_LIMITS.ackWithinMs);
  }

  /** Ends the session properly; everything was acknowledged before. */
  close(): void {
    this.#write("close", Buffer.alloc(0));
    this.#socket.end();
    setTimeout(() => this.destroy(), RELP_CLIENT_LIMITS.closeWithinMs).unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #write(command: string, data: Buffer): void {
    this.#txnr = (this.#txnr % MAX_TXNR) + 1;
    this.#socket.write(`${this.#txnr} ${command} ${data.length}${data.length === 0 ? "" : " "}`);
    this.#socket.write(data);
    this.#socket.write(LINE_FEED);
  }
}

/** Resolves with a socket. With TLS, the peer has proved to be the host of its certificate. */
async function connected({ host, port, tls }: RelpTarget): Promise<Socket> {
  const signal = AbortSignal.timeout(RELP_CLIENT_LIMITS.connectWithinMs);
  const socket =
    tls === undefined ? connect({ host, port }) : connectTls({ host, port, ...tls, minVersion: "TLSv1.2" });
  try {
    await once(socket, tls === undefined ? "connect" : "secureConnect", { signal });
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw connectionError(error);
  }
}

/** OpenSSL's verdicts on a certificate (openssl-verification-options(1)) and Node's on its name, in Node's spelling. */
const VERDICT = /^(UNABLE_TO|CERT_|CRL_|ERROR_IN|DEPTH_ZERO|SELF_SIGNED|INVALID_|HOSTNAME_|ERR_TLS_CERT_ALTNAME)/;
/** The other side's alert about ours: TLS 1.2 collectors end the handshake with it. */
const ALERT = /^ERR_SSL_.*ALERT/;

function connectionError(error: unknown): RelpError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  if (VERDICT.test(code)) return new RelpError("untrusted", message, error);
  if (ALERT.test(code)) return new RelpError("unwelcome", message, error);
  return new RelpError("away", code === "ABORT_ERR" ? "no answer in time" : message, error);
}
