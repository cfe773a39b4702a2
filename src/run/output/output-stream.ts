import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import type { FrameEncoder, Printed } from "../../frame/encode.ts";
import { allocateSource } from "../../frame/source.ts";
import type { StreamName } from "../../wire/api.ts";
import type { Clock } from "../clock.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { RUN_LIMITS } from "../limits.ts";
import { Mirror } from "./mirror.ts";
import { ReadPace } from "./read-pace.ts";
import { RedrawThinner } from "./redraws.ts";
import { whenEmpty } from "./when-empty.ts";

export interface OutputPorts {
  readonly name: StreamName;
  /** Read end of the command's FIFO; closed by the stream. */
  readonly fd: number;
  /** Descriptor to show the output on as well. */
  readonly mirrorFd: number | undefined;
  readonly encoder: FrameEncoder;
  readonly delivery: Pick<Delivery, "reserve" | "flush">;
  readonly clock: Clock;
  /** Keeps every redraw. */
  readonly raw: boolean;
  warn(message: string): void;
}

const CARRIAGE_RETURN = 0x0d;
/** Each read goes to this place in the buffer; what the read before left stands right before it. */
const READ_AT: number = RUN_LIMITS.holdBytes;

/**
 * One output of the command: FIFO -> frames, and the mirror. It reads no further while frames have no room or the
 * mirror is full; that is all the back-pressure the command sees.
 */
export class OutputStream {
  readonly #ports: OutputPorts;
  readonly #source = allocateSource(READ_AT + RUN_LIMITS.readBytes);
  readonly #socket: Socket;
  /** Where it is shown as well. */
  readonly mirror: Mirror | undefined;
  readonly #thinner: RedrawThinner | undefined;
  readonly #pace = new ReadPace();
  #pause: NodeJS.Timeout | undefined;
  /** Settles when the command has closed the stream, or `stop` was called, and all of it is in frames. */
  readonly ended: Promise<void>;
  #settleEnded: () => void = () => {};
  #printedBytes = 0;
  /** [from, to) is in no frame yet; what lies before `sendTo` may go now, as `take` says. */
  #from = READ_AT;
  #sendTo = READ_AT;
  #to = READ_AT;
  #take: Printed["take"] = "lines";
  #readAtMs = 0;
  /** When the first byte of that was read, or later: at the frame before. */
  #sinceMs = 0;
  #blocked = false;
  #ended = false;
  #cutShort = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: OutputPorts) {
    this.#ports = ports;
    this.ended = new Promise((settle) => {
      this.#settleEnded = settle;
    });
    this.#thinner = ports.raw ? undefined : new RedrawThinner();
    if (ports.mirrorFd !== undefined) {
      this.mirror = new Mirror(ports.mirrorFd, {
        drained: () => this.#resume(),
        broken: () => this.stop(),
        failed: (code) => ports.warn(`Cannot show ${ports.name}: ${code}; it is still logged`),
      });
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
      this.#pumpAll("final");
    });
  }

  /** Bytes that the command printed. */
  get printedBytes(): number {
    return this.#printedBytes;
  }

  /** When it printed last; 0 before. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Bytes of redraws that were left out. */
  get thinnedBytes(): number {
    return this.#thinner?.thinnedBytes ?? 0;
  }

  /** Goes on after `Delivery.reserve` had nothing. */
  roomAgain(): void {
    if (!this.#blocked) return;
    this.#pump();
    this.#resume();
  }

  /** It was closed by `finish` while somebody held it open. */
  get cutShort(): boolean {
    return this.#cutShort;
  }

  /** It reads no further for now: the mirror is full, or frames have no room. */
  get isHeldUp(): boolean {
    return !this.#ended && (this.#blocked || this.mirror?.full === true);
  }

  /** Reads no more and closes the FIFO: whoever still writes gets SIGPIPE. What was read is kept. */
  stop(): void {
    this.#socket.destroy();
  }

  /** Stops when what stands in the FIFO is read. @param shows It is shown as well, however long that takes. */
  finish(shows: boolean): void {
    if (!shows) this.mirror?.giveUp();
    const readBytes = () => this.#printedBytes;
    const pipe = { readBytes, mayRead: () => this.#mayRead(), hasEnded: () => this.#ended };
    whenEmpty(pipe, () => {
      this.#cutShort = true;
      this.stop();
    });
    this.#resume();
  }

  #received(bytes: number): boolean {
    this.#printedBytes += bytes;
    this.#readAtMs = this.#ports.clock.elapsedMs();
    this.#to = READ_AT + bytes;
    this.mirror?.write(this.#source.bytes.subarray(READ_AT, this.#to));
    this.#thin();
    this.#pump();
    const pauseMs = this.#pace.after(bytes, this.#readAtMs);
    if (pauseMs > 0) {
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#resume();
      }, pauseMs);
    }
    return this.#mayRead();
  }

  #mayRead(): boolean {
    return !this.#blocked && this.mirror?.full !== true && this.#pause === undefined;
  }

  #resume(): void {
    if (this.#mayRead() && !this.#ended) this.#socket.resume();
  }

  /** Decides what of the bytes may go into frames now. */
  #thin(): void {
    const { bytes } = this.#source;
    this.#sendTo = this.#to;
    this.#take = "lines";
    const thinner = this.#thinner;
    if (thinner === undefined || !(thinner.active || this.#hasCarriageReturn())) return;
    thinner.thin(bytes, this.#from, this.#to, this.#readAtMs);
    this.#sendTo = thinner.sendEnd;
    this.#to = thinner.end;
    // A redraw that was kept is shown now, though its line goes on.
    if (this.#sendTo > this.#from && bytes[this.#sendTo - 1] === CARRIAGE_RETURN) this.#take = "fragment";
  }

  #hasCarriageReturn(): boolean {
    const at = this.#source.bytes.indexOf(CARRIAGE_RETURN, this.#from);
    return at >= 0 && at < this.#to;
  }

  /** Everything goes into frames now. */
  #pumpAll(take: "fragment" | "final"): void {
    this.#sendTo = this.#to;
    this.#take = take;
    this.#thinner?.sendAll(this.#source.bytes[this.#to - 1], this.#ports.clock.elapsedMs());
    this.#pump();
  }

  /** Makes frames of [from, sendTo) as long as there is room for them. */
  #pump(): void {
    const { name: stream, encoder, delivery, clock } = this.#ports;
    const source = this.#source;
    const before = this.#from;
    encoder.setTime(clock.timestamp());
    this.#blocked = false;
    while (this.#from < this.#sendTo) {
      const block = delivery.reserve();
      if (block === undefined) {
        this.#blocked = true;
        break;
      }
      const printed: Printed = { stream, source, from: this.#from, to: this.#sendTo, take: this.#take };
      const end = encoder.encodeLines(printed, block.bytes, block.end);
      if (end === block.end) break;
      block.end = end;
      this.#from = encoder.consumed;
    }
    if (this.#from > before) {
      this.#sinceMs = clock.elapsedMs();
      this.#thinner?.sent(source.bytes[this.#from - 1]);
      delivery.flush();
    }
    if (!this.#blocked) this.#hold();
  }

  /** Moves what is left before the place of the next read, and sees to it that it is shown in time. */
  #hold(): void {
    const left = this.#to - this.#from;
    // All of it was allowed to go: it is a UTF-8 character that has not come whole.
    const unfinished = this.#take === "fragment" && this.#sendTo === this.#to;
    this.#source.bytes.copyWithin(READ_AT - left, this.#from, this.#to);
    this.#from = READ_AT - left;
    this.#to = READ_AT;
    if (this.#ended) {
      clearTimeout(this.#timer);
      this.#settleEnded();
    } else if (left > 0 && !unfinished && this.#timer === undefined) {
      this.#showAfter(RUN_LIMITS.fragmentAfterMs);
    }
  }

  #showAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#from === this.#to || this.#blocked) return;
      const held = { sinceMs: this.#sinceMs, readAtMs: this.#readAtMs };
      const dueMs = this.#thinner?.dueMs(held) ?? this.#sinceMs + RUN_LIMITS.fragmentAfterMs;
      const leftMs = dueMs - this.#ports.clock.elapsedMs();
      if (leftMs > 0) this.#showAfter(leftMs);
      else this.#pumpAll("fragment");
    }, ms);
  }
}
