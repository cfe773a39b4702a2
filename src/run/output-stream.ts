import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import type { FrameEncoder, Printed } from "../frame/encode.ts";
import { allocateSource } from "../frame/escape.ts";
import type { StreamName } from "../wire/api.ts";
import type { Clock } from "./clock.ts";
import type { Delivery } from "./delivery.ts";
import { RUN_LIMITS } from "./limits.ts";
import { Mirror } from "./mirror.ts";

export interface OutputPorts {
  readonly name: StreamName;
  /** Read end of the command's FIFO; closed by the stream. */
  readonly fd: number;
  /** Descriptor to show the output on as well. */
  readonly mirrorFd: number | undefined;
  readonly encoder: FrameEncoder;
  readonly delivery: Delivery;
  readonly clock: Clock;
  /** The command has closed it and all of it is in frames. */
  onEnd(): void;
}

/** Each read goes to this place in the buffer; what the read before left stands right before it. */
const READ_AT: number = RUN_LIMITS.holdBytes;

/**
 * One output of the command: FIFO -> frames, and the mirror. It reads no further while frames have no room or the
 * mirror is full; that is all the back-pressure the command sees.
 */
export class OutputStream {
  /** Bytes that the command printed. */
  printedBytes = 0;
  readonly #ports: OutputPorts;
  readonly #source = allocateSource(READ_AT + RUN_LIMITS.readBytes);
  readonly #socket: Socket;
  readonly #mirror: Mirror | undefined;
  /** What is in no frame yet. */
  #from = READ_AT;
  #to = READ_AT;
  /** When the first byte of that was read. */
  #sinceMs = 0;
  #take: Printed["take"] = "lines";
  #blocked = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: OutputPorts) {
    this.#ports = ports;
    const resume = () => this.#resume();
    if (ports.mirrorFd !== undefined) {
      this.#mirror = new Mirror(ports.mirrorFd, { drained: resume, broken: () => this.stop() });
    }
    // One buffer for all reads: what is left of it after a read is moved, the rest is not needed any more.
    const buffer = this.#source.bytes.subarray(READ_AT);
    const onread: OnReadOpts = { buffer, callback: (bytes) => this.#received(bytes) };
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
      this.#pump("final");
    });
  }

  /** Goes on after `Delivery.reserve` had nothing. */
  roomAgain(): void {
    if (!this.#blocked) return;
    this.#pump(this.#take);
    this.#resume();
  }

  /** Reads no more and closes the FIFO: whoever still writes gets SIGPIPE. What was read is kept. */
  stop(): void {
    this.#socket.destroy();
  }

  /** Settles when the mirror has everything. */
  async mirrored(): Promise<void> {
    await this.#mirror?.idle();
  }

  #received(bytes: number): boolean {
    this.printedBytes += bytes;
    this.#to = READ_AT + bytes;
    this.#mirror?.write(this.#source.bytes.subarray(READ_AT, this.#to));
    this.#pump("lines");
    return this.#mayRead();
  }

  #mayRead(): boolean {
    return !this.#blocked && this.#mirror?.full !== true;
  }

  #resume(): void {
    if (this.#mayRead() && !this.#ended) this.#socket.resume();
  }

  #pump(take: Printed["take"]): void {
    const { name: stream, encoder, delivery, clock } = this.#ports;
    const source = this.#source;
    encoder.setTime(clock.timestamp());
    this.#take = take;
    this.#blocked = false;
    while (this.#from < this.#to) {
      const block = delivery.reserve();
      if (block === undefined) {
        this.#blocked = true;
        break;
      }
      const printed: Printed = { stream, source, from: this.#from, to: this.#to, take };
      const end = encoder.encodeLines(printed, block.bytes, block.end);
      if (end === block.end) break;
      block.end = end;
      this.#from = encoder.consumed;
      this.#sinceMs = clock.elapsedMs();
    }
    delivery.flush();
    if (this.#blocked) return;
    this.#hold();
    if (this.#ended) {
      clearTimeout(this.#timer);
      this.#ports.onEnd();
    }
  }

  /** Moves what has no newline yet before the place of the next read, and shows it if none comes. */
  #hold(): void {
    const left = this.#to - this.#from;
    this.#source.bytes.copyWithin(READ_AT - left, this.#from, this.#to);
    this.#from = READ_AT - left;
    this.#to = READ_AT;
    if (left > 0 && this.#timer === undefined) this.#showAfter(RUN_LIMITS.fragmentAfterMs);
  }

  #showAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#from === this.#to || this.#blocked) return;
      const leftMs = this.#sinceMs + RUN_LIMITS.fragmentAfterMs - this.#ports.clock.elapsedMs();
      if (leftMs > 0) this.#showAfter(leftMs);
      else this.#pump("fragment");
    }, ms);
  }
}
