import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterwards } from "./cleanup.ts";

type End = "relay" | "collector";

/** One relay's connection, as two sockets. */
interface Link {
  readonly relay: Socket;
  readonly collector: Socket;
  /** Octets from the relay that still pass; then the connection is reset. */
  leftBytes: number;
}

/** A network between relays and a collector, with faults on command. Passes everything by default. */
export class FaultProxy {
  readonly #targetPort: number;
  readonly #links = new Set<Link>();
  readonly #cutNext: number[] = [];
  #server: Server | undefined;
  #port = 0;
  #delayMs = 0;
  #isStalled = false;
  #isDropping = false;
  /** Octets discarded while nothing passed. */
  droppedBytes = 0;
  accepted = 0;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await proxy.listen();
    afterwards(() => {
      proxy.refuse();
      proxy.reset();
    });
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get links(): number {
    return this.#links.size;
  }

  /** Connections still to come for `cutNextAfter`. */
  get cutsLeft(): number {
    return this.#cutNext.length;
  }

  /** Takes connections, again on the same port after `refuse`. */
  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
  }

  /** Refuses new connections; open ones go on. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Sends RST to both ends of every connection; data in transit is lost. */
  reset(): void {
    for (const link of this.#links) cut(link);
  }

  /** Sends FIN to one end; the other direction goes on. */
  halfClose(end: End): void {
    for (const link of this.#links) link[end].end();
  }

  /** Passes nothing, and loses nothing: the ends' windows fill up. */
  stall(): void {
    this.#isStalled = true;
    for (const link of this.#links) for (const socket of [link.relay, link.collector]) socket.pause();
  }

  /** Discards data both ways. Only `reset` ends it: a TCP stream cannot lose a part and go on. */
  drop(): void {
    this.#isDropping = true;
  }

  /** Passes everything again. */
  pass(): void {
    [this.#isStalled, this.#isDropping, this.#delayMs] = [false, false, 0];
    for (const link of this.#links) for (const socket of [link.relay, link.collector]) socket.resume();
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Resets each connection after this many more octets from its relay. */
  cutAfter(bytes: number): void {
    for (const link of this.#links) link.leftBytes = bytes;
  }

  /** Resets the next connections after these many octets, one number each: small ones end inside the TLS handshake. */
  cutNextAfter(bytes: readonly number[]): void {
    this.#cutNext.push(...bytes);
  }

  #accept(relay: Socket): void {
    this.accepted += 1;
    const collector = connect({ port: this.#targetPort, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = { relay, collector, leftBytes: this.#cutNext.shift() ?? Number.POSITIVE_INFINITY };
    this.#links.add(link);
    this.#join(link, "relay", "collector");
    this.#join(link, "collector", "relay");
  }

  #join(link: Link, fromEnd: End, toEnd: End): void {
    const [from, to] = [link[fromEnd], link[toEnd]];
    if (this.#isStalled) from.pause();
    from.on("data", (chunk: Buffer) => {
      if (this.#isDropping) {
        this.droppedBytes += chunk.length;
        return;
      }
      const passing = fromEnd === "relay" ? chunk.subarray(0, link.leftBytes) : chunk;
      if (fromEnd === "relay") link.leftBytes -= passing.length;
      this.#later(() => this.#write(from, to, passing));
      if (link.leftBytes === 0) this.#later(() => cut(link));
    });
    from.on("end", () => this.#later(() => to.end()));
    // If the collector is away, resets the relay's connection as its kernel would.
    from.on("error", () => cut(link));
    from.on("close", () => {
      if (link.relay.destroyed && link.collector.destroyed) this.#links.delete(link);
    });
  }

  #write(from: Socket, to: Socket, bytes: Buffer): void {
    if (!to.writable || to.write(bytes)) return;
    from.pause();
    to.once("drain", () => {
      if (!this.#isStalled) from.resume();
    });
  }

  /** Acts in order: timers of one length fire in the order in which they were set. */
  #later(act: () => void): void {
    if (this.#delayMs === 0) act();
    else setTimeout(act, this.#delayMs);
  }
}

function cut({ relay, collector }: Link): void {
  relay.resetAndDestroy();
  collector.resetAndDestroy();
}
