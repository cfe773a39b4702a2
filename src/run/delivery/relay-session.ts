import { connect, type Socket } from "node:net";

export interface SessionPorts {
  /** lines.sock */
  readonly path: string;
  /** Sends BEGIN. Settles in bounded time with whether the relay's socket took it. */
  announce(): Promise<boolean>;
}

/** What a session tells its owner. After `lost` and `takenOver` nothing more comes. */
export interface SessionEvents {
  /** Connected, and BEGIN is out or cannot be sent: lines may go. */
  ready(): void;
  /** The relay answered the half-close with its EOF: it has taken over everything. */
  takenOver(): void;
  /** Not connected, or no longer; the system's name of the failure, or EOF. */
  lost(code: string): void;
}

/** One connection to lines.sock with the BEGIN that belongs to it. */
export class RelaySession {
  readonly #ports: SessionPorts;
  readonly #events: SessionEvents;
  readonly #socket: Socket;
  #open = false;
  #over = false;
  #ready = false;
  /** Undefined while logger runs for the first time. */
  #announced: boolean | undefined;

  /** @param eager BEGIN goes at once, beside the connect; else when that has succeeded, which spares a logger. */
  constructor(ports: SessionPorts, events: SessionEvents, eager: boolean) {
    this.#ports = ports;
    this.#events = events;
    // allowHalfOpen: the relay's EOF must not end our side before we know why it came.
    this.#socket = connect({ path: ports.path, allowHalfOpen: true });
    this.#socket.once("connect", () => {
      this.#open = true;
      if (eager) this.#advance();
      else void this.announce();
    });
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message));
    this.#socket.once("close", () => this.#lose("EOF"));
    this.#socket.once("end", () => {
      // Only after our half-close, with nothing of ours left to send, is it an answer.
      if (!this.#socket.writableFinished) return this.#lose("EOF");
      this.destroy();
      events.takenOver();
    });
    // The relay sends nothing, but only a stream that is read reports its EOF.
    this.#socket.resume();
    if (eager) void this.announce();
  }

  /** BEGIN has reached the relay's socket during this session. */
  get announced(): boolean {
    return this.#announced === true;
  }

  /** Sends BEGIN, again if need be. */
  async announce(): Promise<boolean> {
    const taken = await this.#ports.announce();
    this.#announced = taken || this.announced;
    this.#advance();
    return this.announced;
  }

  /** @param done Called when the kernel has the bytes. Never after the session is over. */
  write(bytes: Buffer, done: () => void): void {
    this.#socket.write(bytes, (error) => {
      if (!this.#over && (error === null || error === undefined)) done();
    });
  }

  /** Half-closes when everything is written. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes at once, without an event. */
  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #advance(): void {
    if (this.#over || this.#ready || !this.#open || this.#announced === undefined) return;
    this.#ready = true;
    this.#events.ready();
  }

  #lose(code: string): void {
    if (this.#over) return;
    this.destroy();
    this.#events.lost(code);
  }
}
