import type { FrameEncoder, Printed } from "../../frame/encode.ts";
import { allocateSource } from "../../frame/source.ts";
import type { StreamName } from "../../wire/stream-name.ts";
import type { Delivery } from "../delivery/delivery.ts";
import { RUN_LIMITS } from "../limits.ts";
import type { Timers } from "../timers.ts";
import { RedrawThinner } from "./redraws.ts";

export interface FramesPorts {
  readonly name: StreamName;
  readonly encoder: FrameEncoder;
  readonly delivery: Pick<Delivery, "reserve" | "flush">;
  readonly clock: OutputClock;
  /** Keeps every redraw. */
  readonly raw: boolean;
}

export interface OutputClock extends Timers {
  /** Monotonic milliseconds, for differences only. */
  elapsedMs(): number;
  /** Monotonic time at which the current bytes were printed: they may have waited since. */
  printedMs(): number;
  /** The same time as RFC 3339, UTC, microseconds. */
  timestamp(): string;
}

const CARRIAGE_RETURN = 0x0d;
/** New bytes go to this offset of the buffer, right after the remainder of earlier ones. */
const READ_AT: number = RUN_LIMITS.holdBytes;

/** Makes frames from one output of the command, as far as the delivery has room for them. */
export class OutputFrames {
  readonly #ports: FramesPorts;
  readonly #source = allocateSource(READ_AT + RUN_LIMITS.readBytes);
  readonly #thinner: RedrawThinner | undefined;
  /** Settles after `end`, once all of it is in frames. */
  readonly ended: Promise<void>;
  #settleEnded: () => void = () => {};
  #printedBytes = 0;
  /** [from, to) is in no frame yet; bytes before `sendTo` may go now, as `take` says. */
  #from = READ_AT;
  #sendTo = READ_AT;
  #to = READ_AT;
  #take: Printed["take"] = "lines";
  #readAtMs = 0;
  #printedAtMs = 0;
  /** When the first of those bytes was read, or the previous frame was made, if that was later. */
  #sinceMs = 0;
  #isBlocked = false;
  /** Time of the bytes that wait for room: their lines keep it, however late they get room. */
  #timestamp = "";
  #hasEnded = false;
  /** Set while bytes wait to be shown in time. */
  #cancelShowing: (() => void) | undefined;

  constructor(ports: FramesPorts) {
    this.#ports = ports;
    this.#thinner = ports.raw ? undefined : new RedrawThinner();
    this.ended = new Promise((settle) => {
      this.#settleEnded = settle;
    });
  }

  /** Buffer for the next bytes; report their number to `received`. Not to be used while `isBlocked`. */
  get room(): Buffer {
    return this.#source.bytes.subarray(READ_AT);
  }

  /** Bytes that the command printed. */
  get printedBytes(): number {
    return this.#printedBytes;
  }

  /** Printed bytes that are in frames, or were left out of them. */
  get framedBytes(): number {
    return this.#printedBytes - (this.#to - this.#from);
  }

  /** Time of the last output; 0 before. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  /** Bytes of omitted redraws. */
  get thinnedBytes(): number {
    return this.#thinner?.thinnedBytes ?? 0;
  }

  /** Whether frames have no room: more bytes may come after `roomAgain`. */
  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Takes this many bytes from `room`. */
  received(bytes: number): void {
    this.#printedBytes += bytes;
    this.#readAtMs = this.#ports.clock.elapsedMs();
    this.#printedAtMs = this.#ports.clock.printedMs();
    this.#to = READ_AT + bytes;
    this.#thin();
    this.#pump();
  }

  /** Continues after `Delivery.reserve` had nothing. */
  roomAgain(): void {
    if (this.#isBlocked) this.#pump();
  }

  /** Ends the output: nothing more comes. */
  end(): void {
    this.#hasEnded = true;
    this.#pumpAll("final");
  }

  /** Decides which bytes may go into frames now. */
  #thin(): void {
    const { bytes } = this.#source;
    this.#sendTo = this.#to;
    this.#take = "lines";
    const thinner = this.#thinner;
    if (thinner === undefined) return;
    thinner.thin(bytes, this.#from, this.#to, this.#printedAtMs);
    this.#sendTo = thinner.sendEnd;
    this.#to = thinner.end;
    // Shows a kept redraw now, though its line continues.
    const endsInside = bytes[this.#sendTo - 1] === CARRIAGE_RETURN || thinner.endsAnywhere;
    if (this.#sendTo > this.#from && endsInside) this.#take = "fragment";
  }

  /** Puts everything into frames now. */
  #pumpAll(take: "fragment" | "final"): void {
    this.#sendTo = this.#to;
    this.#take = take;
    this.#thinner?.sendAll(this.#source.bytes[this.#to - 1], this.#ports.clock.elapsedMs());
    this.#pump();
  }

  /** Makes frames of [from, sendTo) while there is room for them. */
  #pump(): void {
    const { name: stream, encoder, delivery, clock } = this.#ports;
    const source = this.#source;
    const before = this.#from;
    if (!this.#isBlocked) this.#timestamp = clock.timestamp();
    encoder.setTime(this.#timestamp);
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

  /** Moves the remainder in front of the next read, and arranges for it to be shown in time. */
  #hold(): void {
    const left = this.#to - this.#from;
    // All of it was allowed to go, so the rest is an incomplete UTF-8 character.
    const unfinished = this.#take === "fragment" && this.#sendTo === this.#to;
    this.#source.bytes.copyWithin(READ_AT - left, this.#from, this.#to);
    this.#from = READ_AT - left;
    this.#to = READ_AT;
    if (this.#hasEnded) {
      this.#cancelShowing?.();
      this.#settleEnded();
    } else if (left > 0 && !unfinished && this.#cancelShowing === undefined) {
      this.#showAfter(RUN_LIMITS.fragmentAfterMs);
    }
  }

  #showAfter(ms: number): void {
    const { clock } = this.#ports;
    // This process may have been busy, or without a processor: the rest of the line may be there already.
    this.#cancelShowing = clock.after(ms, () => clock.afterReading(() => this.#showHeld()));
  }

  #showHeld(): void {
    this.#cancelShowing = undefined;
    if (this.#from === this.#to || this.#isBlocked) return;
    const held = { sinceMs: this.#sinceMs, readAtMs: this.#readAtMs };
    const dueMs = this.#thinner?.dueMs(held) ?? this.#sinceMs + RUN_LIMITS.fragmentAfterMs;
    const leftMs = dueMs - this.#ports.clock.elapsedMs();
    if (leftMs > 0) this.#showAfter(leftMs);
    else this.#pumpAll("fragment");
  }
}
