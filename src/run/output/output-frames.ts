import type { FrameEncoder, Printed } from "../../frame/encode.ts";
import { allocateSource } from "../../frame/source.ts";
import type { StreamName } from "../../wire/api.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { RUN_LIMITS } from "../limits.ts";
import { RedrawThinner } from "./redraws.ts";

export interface FramesPorts {
  readonly name: StreamName;
  readonly encoder: FrameEncoder;
  readonly delivery: Pick<Delivery, "reserve" | "flush">;
  readonly clock: OutputClock;
  /** Keeps every redraw. */
  readonly raw: boolean;
}

export interface OutputClock {
  /** Monotonic milliseconds, for differences only. */
  elapsedMs(): number;
  /** The same, when the bytes were printed that are being taken: they may have waited since. */
  printedMs(): number;
  /** That time; RFC 3339, UTC, microseconds. */
  timestamp(): string;
}

const CARRIAGE_RETURN = 0x0d;
/** New bytes stand at this place of the buffer; what the ones before left stands right before it. */
const READ_AT: number = RUN_LIMITS.holdBytes;

/** Makes frames of what one output of the command prints, as far as the delivery has room for them. */
export class OutputFrames {
  readonly #ports: FramesPorts;
  readonly #source = allocateSource(READ_AT + RUN_LIMITS.readBytes);
  readonly #thinner: RedrawThinner | undefined;
  /** Settles after `end`, when all of it is in frames. */
  readonly ended: Promise<void>;
  #settleEnded: () => void = () => {};
  #printedBytes = 0;
  /** [from, to) is in no frame yet; what lies before `sendTo` may go now, as `take` says. */
  #from = READ_AT;
  #sendTo = READ_AT;
  #to = READ_AT;
  #take: Printed["take"] = "lines";
  #readAtMs = 0;
  #printedAtMs = 0;
  /** When the first byte of that was read, or later: at the frame before. */
  #sinceMs = 0;
  #isBlocked = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: FramesPorts) {
    this.#ports = ports;
    this.#thinner = ports.raw ? undefined : new RedrawThinner();
    this.ended = new Promise((settle) => {
      this.#settleEnded = settle;
    });
  }

  /** The next bytes go here; `received` says how many. Not while `isBlocked`. */
  get room(): Buffer {
    return this.#source.bytes.subarray(READ_AT);
  }

  /** Bytes that the command printed. */
  get printedBytes(): number {
    return this.#printedBytes;
  }

  /** Of these, the ones that are in frames, or were left out of them. */
  get framedBytes(): number {
    return this.#printedBytes - (this.#to - this.#from);
  }

  /** When it printed last; 0 before. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Bytes of redraws that were left out. */
  get thinnedBytes(): number {
    return this.#thinner?.thinnedBytes ?? 0;
  }

  /** Frames have no room: more bytes may come after `roomAgain`. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** So many bytes stand in `room`. */
  received(bytes: number): void {
    this.#printedBytes += bytes;
    this.#readAtMs = this.#ports.clock.elapsedMs();
    this.#printedAtMs = this.#ports.clock.printedMs();
    this.#to = READ_AT + bytes;
    this.#thin();
    this.#pump();
  }

  /** Goes on after `Delivery.reserve` had nothing. */
  roomAgain(): void {
    if (this.#isBlocked) this.#pump();
  }

  /** Nothing more comes. */
  end(): void {
    this.#hasEnded = true;
    this.#pumpAll("final");
  }

  /** Decides what of the bytes may go into frames now. */
  #thin(): void {
    const { bytes } = this.#source;
    this.#sendTo = this.#to;
    this.#take = "lines";
    const thinner = this.#thinner;
    if (thinner === undefined || !(thinner.active || this.#hasCarriageReturn())) return;
    thinner.thin(bytes, this.#from, this.#to, this.#printedAtMs);
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
    this.#isBlocked = false;
    while (this.#from < this.#sendTo) {
      const block = delivery.reserve();
      if (block === undefined) {
        this.#isBlocked = true;
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
    if (!this.#isBlocked) this.#hold();
  }

  /** Moves what is left before the place of the next read, and sees to it that it is shown in time. */
  #hold(): void {
    const left = this.#to - this.#from;
    // All of it was allowed to go: it is a UTF-8 character that has not come whole.
    const unfinished = this.#take === "fragment" && this.#sendTo === this.#to;
    this.#source.bytes.copyWithin(READ_AT - left, this.#from, this.#to);
    this.#from = READ_AT - left;
    this.#to = READ_AT;
    if (this.#hasEnded) {
      clearTimeout(this.#timer);
      this.#settleEnded();
    } else if (left > 0 && !unfinished && this.#timer === undefined) {
      this.#showAfter(RUN_LIMITS.fragmentAfterMs);
    }
  }

  #showAfter(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#from === this.#to || this.#isBlocked) return;
      const held = { sinceMs: this.#sinceMs, readAtMs: this.#readAtMs };
      const dueMs = this.#thinner?.dueMs(held) ?? this.#sinceMs + RUN_LIMITS.fragmentAfterMs;
      const leftMs = dueMs - this.#ports.clock.elapsedMs();
      if (leftMs > 0) this.#showAfter(leftMs);
      else this.#pumpAll("fragment");
    }, ms);
  }
}
