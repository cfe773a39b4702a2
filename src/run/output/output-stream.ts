import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import { Mirror } from "./mirror.ts";
import { type FramesPorts, OutputFrames } from "./output-frames.ts";
import { ReadPace } from "./read-pace.ts";
import { whenEmpty } from "./when-empty.ts";

export interface OutputPorts extends FramesPorts {
  /** Read end of the command's FIFO; closed by the stream. */
  readonly fd: number;
  /** Descriptor on which the output is also shown. */
  readonly mirrorFd: number | undefined;
  warn(message: string): void;
}

/**
 * One output of the command: FIFO -> frames, and the mirror. Stops reading while frames have no room or the mirror is
 * full; the command sees no other back-pressure.
 */
export class OutputStream {
  readonly #ports: OutputPorts;
  readonly #frames: OutputFrames;
  readonly #socket: Socket;
  /** Where the output is also shown. */
  readonly mirror: Mirror | undefined;
  readonly #pace = new ReadPace();
  #isPaused = false;
  #ended = false;
  #cutShort = false;

  constructor(ports: OutputPorts) {
    this.#ports = ports;
    this.#frames = new OutputFrames(ports);
    if (ports.mirrorFd !== undefined) {
      this.mirror = new Mirror(ports.mirrorFd, {
        drained: () => this.#resume(),
        broken: () => this.stop(),
        failed: (code) => ports.warn(`Cannot show ${ports.name}: ${code}; it is still logged`),
        after: ports.clock.after,
      });
    }
    // One buffer for all reads: the remainder after a read is moved, and the rest is no longer needed.
    const onread: OnReadOpts = { buffer: this.#frames.room, callback: (bytes) => this.#received(bytes) };
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: ports.fd,
      readable: true,
      writable: false,
      onread,
    };
    this.#socket = new Socket(options);
    this.#socket.once("error", () => this.stop());
    this.#socket.once("close", () => {
      this.#ended = true;
      this.#frames.end();
    });
  }

  /** Settles when the command has closed the stream, or `stop` was called, and all of it is in frames. */
  get ended(): Promise<void> {
    return this.#frames.ended;
  }

  /** Bytes that the command printed. */
  get printedBytes(): number {
    return this.#frames.printedBytes;
  }

  /** Time of the last output; 0 before. */
  get readAtMs(): number {
    return this.#frames.readAtMs;
  }

  /** Bytes of omitted redraws. */
  get thinnedBytes(): number {
    return this.#frames.thinnedBytes;
  }

  /** Continues after `Delivery.reserve` had nothing. */
  roomAgain(): void {
    if (!this.#frames.isBlocked) return;
    this.#frames.roomAgain();
    this.#resume();
  }

  /** Whether `finish` closed it while another process held it open. */
  get cutShort(): boolean {
    return this.#cutShort;
  }

  /** Whether reading is paused: the mirror is full, or frames have no room. */
  get isHeldUp(): boolean {
    return !this.#ended && (this.#frames.isBlocked || this.mirror?.full === true);
  }

  /** Stops reading and closes the FIFO: remaining writers get SIGPIPE. Bytes already read are kept. */
  stop(): void {
    this.#socket.destroy();
  }

  /** Stops once the FIFO is empty. @param shows The rest is also shown, however long that takes. */
  finish(shows: boolean): void {
    if (!shows) this.mirror?.giveUp();
    const readBytes = () => this.printedBytes;
    const { after } = this.#ports.clock;
    const pipe = { readBytes, mayRead: () => this.#mayRead(), hasEnded: () => this.#ended, after };
    whenEmpty(pipe, () => {
      this.#cutShort = true;
      this.stop();
    });
    this.#resume();
  }

  #received(bytes: number): boolean {
    this.mirror?.write(this.#frames.room.subarray(0, bytes));
    this.#frames.received(bytes);
    const pauseMs = this.#pace.after(bytes, this.#ports.clock.elapsedMs());
    if (pauseMs > 0) {
      this.#isPaused = true;
      this.#ports.clock.after(pauseMs, () => {
        this.#isPaused = false;
        this.#resume();
      });
    }
    return this.#mayRead();
  }

  #mayRead(): boolean {
    return !this.#frames.isBlocked && this.mirror?.full !== true && !this.#isPaused;
  }

  #resume(): void {
    if (this.#mayRead() && !this.#ended) this.#socket.resume();
  }
}
