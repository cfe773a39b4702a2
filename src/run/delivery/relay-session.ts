import { connect, type Socket } from "node:net";
import { ALL_TAKEN, BEGIN_TAKEN } from "./gate-protocol.ts";

export interface SessionPorts {
  /** Path of mlrun.sock. */
  readonly path: string;
  /** The first bytes of the connection: see `greeting`. */
  readonly greeting: Buffer;
}

/** Events of a session. `lost` and `takenOver` are final. */
interface SessionEvents {
  /** BEGIN is in the relay's journal: frames may be sent. */
  ready(): void;
  /** After the half-close: the relay has taken over every frame of this session. */
  takenOver(): void;
  /** The connection failed or ended. The reason is the system's error name or a few words. */
  lost(reason: string): void;
}

/** One connection to the gate, BEGIN first. */
export class RelaySession {
  readonly #events: SessionEvents;
  readonly #socket: Socket;
  /** Whether the gate has the connection, or the kernel has queued it for the gate. */
  isConnected = false;
  #over = false;
  #ready = false;

  constructor(ports: SessionPorts, events: SessionEvents) {
    this.#events = events;
    // allowHalfOpen: Node must not close our side on the gate's EOF before we know why it came.
    this.#socket = connect({ path: ports.path, allowHalfOpen: true });
    this.#socket.once("connect", () => {
      this.isConnected = true;
    });
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message));
    this.#socket.on("data", (answers) => {
      for (const answer of answers) this.#hear(answer);
    });
    for (const event of ["end", "close"]) {
      this.#socket.once(event, () => this.#lose(this.#ready ? "EOF" : "it does not take BEGIN"));
    }
    this.#socket.write(ports.greeting);
  }

  /** @param done Called when the kernel has the bytes. Never after the session is over. */
  write(bytes: Buffer, done: () => void): void {
    this.#socket.write(bytes, (error) => {
      if (!this.#over && (error === null || error === undefined)) done();
    });
  }

  /** Half-closes once everything is written. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes at once, without an event. */
  destroy(): void {
    this.#over = true;
    this.#socket.destroy();
  }

  #hear(answer: number): void {
    if (this.#over) return;
    if (answer === BEGIN_TAKEN && !this.#ready) {
      this.#ready = true;
      this.#events.ready();
    } else if (answer === ALL_TAKEN && this.#ready && this.#socket.writableFinished) {
      this.destroy();
      this.#events.takenOver();
    } else {
      this.#lose("it does not speak the gate's protocol");
    }
  }

  #lose(reason: string): void {
    if (this.#over) return;
    this.destroy();
    this.#events.lost(reason);
  }
}
