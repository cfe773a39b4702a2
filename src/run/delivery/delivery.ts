import { RUN_LIMITS } from "../limits.ts";
import { type Block, FrameRing } from "./frame-ring.ts";
import { RelaySession, type SessionPorts } from "./relay-session.ts";

/** Stores frames while no relay takes them. */
export interface Spool {
  /** Keeps whole frames. Never throws: it counts frames that it cannot keep. */
  append(frames: Buffer, kind: "lines" | "control"): void;
  /** Closes the file: it may be delivered now. The next `append` starts another. */
  seal(): void;
}

/** Time and timers, passed in so that tests check limits to the millisecond. */
export interface DeliveryClock {
  /** Monotonic milliseconds. */
  elapsedMs(): number;
  /** Calls back after `ms`, on the same clock. Returns a function that cancels it. */
  after(ms: number, call: () => void): () => void;
}

interface DeliveryPorts extends SessionPorts {
  /** Sent blocks, of `RUN_LIMITS.blockBytes`, kept for resending. */
  readonly sentBlocks: number;
  readonly spool: Spool;
  readonly clock: DeliveryClock;
  /** Called when a relay takes frames, for the first time or again. */
  onLive(): void;
  /** Called when frames go to the spool from now on. */
  onSpooling(reason: string): void;
}

/** Errors that mean nobody listens. Once the command has ended, waiting for a relay to appear is pointless. */
const ABSENT: readonly string[] = ["ENOENT", "ECONNREFUSED", "EACCES", "ENOTSOCK"];
/** The error of a gate that listens while its queue of connections is full. */
const QUEUE_FULL = "EAGAIN";

/**
 * Brings frames to the relay in order, and to the spool while there is no relay.
 *
 *     connecting --BEGIN in the journal----------> live
 *     live --broken--> connecting                  the ring is sent again
 *     connecting --nobody for 2 s----------------> spooling, the ring's frames first
 *     connecting --gate listens, no K for 5 s----> spooling
 *     live --nothing taken for 2 s---------------> spooling
 *     spooling --BEGIN in the journal------------> live
 */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #ring: FrameRing;
  #state: "connecting" | "live" | "spooling" | "done" = "connecting";
  #session: RelaySession | undefined;
  /** Times of the writes that the kernel has not finished, oldest first. Bounded by the ring. */
  readonly #waitingSinceMs: number[] = [];
  #outageSinceMs = 0;
  /** Length of the previous outage: it continues if the relay does not stay up. */
  #outageMs = 0;
  #liveSinceMs = 0;
  #retryMs: number = RUN_LIMITS.reconnectFirstMs;
  /** Why the last session was lost. */
  #reason = "it does not answer";
  #cancelRetry: () => void = () => {};
  #watching = false;
  #cancelWatch: () => void = () => {};
  #cancelTakeOver: () => void = () => {};
  #ending: { readonly makeEnd: () => Buffer; readonly settle: () => void } | undefined;
  #endFrame: Buffer | undefined;
  #endDeadlineMs: number | undefined;
  /** A session that breaks at the end is retried once. */
  #lastAttempts = 1;

  #onRoom: () => void = () => {};

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
    this.#ring = new FrameRing(ports.sentBlocks);
  }

  /** Calls the listener when `reserve` may succeed again. */
  onRoom(listener: () => void): void {
    this.#onRoom = listener;
  }

  start(): void {
    this.#outageSinceMs = this.#ports.clock.elapsedMs();
    this.#watch(RUN_LIMITS.slowRelayMs);
    this.#connect();
  }

  /** A block with room for one frame after its `end`. Undefined: wait for `onRoom`. */
  reserve(): Block | undefined {
    const block = this.#ring.reserve();
    if (block !== undefined || this.#state !== "spooling") return block;
    // One read can produce more frames than the ring holds, and without a relay nothing else would make room.
    this.flush();
    return this.#ring.reserve();
  }

  /** Sends everything added to reserved blocks. */
  flush(): void {
    if (this.#state === "spooling") this.#ring.drain((frames) => this.#ports.spool.append(frames, "lines"));
    if (this.#state !== "live") return;
    for (const block of this.#ring.blocks()) {
      if (block.written === block.end) continue;
      const end = block.end;
      this.#write(block.bytes.subarray(block.written, end), () => {
        block.flushed = end;
      });
      block.written = end;
    }
  }

  /**
   * Hands over the remaining frames and END, which `makeEnd` builds as late as possible. Settles in bounded time: then
   * the relay has taken over everything, or the spool holds the rest.
   */
  finish(makeEnd: () => Buffer): Promise<void> {
    return new Promise((settle) => {
      this.#ending = { makeEnd, settle };
      if (this.#state === "live") this.#finishLive();
      else if (this.#state === "spooling") this.#finishInSpool();
      else if (this.#session === undefined) this.#connect();
    });
  }

  #connect(): void {
    this.#cancelRetry();
    this.#session = new RelaySession(this.#ports, {
      ready: () => this.#ready(),
      takenOver: () => this.#done(),
      lost: (reason) => this.#lost(reason),
    });
  }

  #ready(): void {
    if (this.#state === "spooling") this.#ports.spool.seal();
    this.#state = "live";
    this.#liveSinceMs = this.#ports.clock.elapsedMs();
    this.#outageMs = this.#liveSinceMs - this.#outageSinceMs;
    this.#waitingSinceMs.length = 0;
    this.#ring.rewind();
    this.flush();
    this.#ports.onLive();
    this.#onRoom();
    if (this.#ending !== undefined) this.#finishLive();
  }

  #lost(reason: string): void {
    this.#session?.destroy();
    this.#session = undefined;
    const now = this.#ports.clock.elapsedMs();
    if (this.#state === "live") {
      this.#state = "connecting";
      this.#cancelTakeOver();
      // A relay that accepts and soon closes does not end the outage.
      const stayed = now - this.#liveSinceMs >= RUN_LIMITS.slowRelayMs;
      this.#outageSinceMs = stayed ? now : now - this.#outageMs;
      if (stayed) this.#retryMs = RUN_LIMITS.reconnectFirstMs;
      this.#watch(this.#outageSinceMs + RUN_LIMITS.slowRelayMs - now);
    }
    if (this.#ending !== undefined) {
      if (this.#lastAttempts === 0 || (ABSENT.includes(reason) && this.#state === "connecting")) {
        this.#toSpool(reason);
        return;
      }
      if (reason !== QUEUE_FULL) this.#lastAttempts -= 1;
    }
    this.#reason = reason;
    if (this.#state === "connecting" && now - this.#outageSinceMs >= this.#patienceMs()) {
      this.#toSpool(reason);
      return;
    }
    if (reason === QUEUE_FULL) this.#retryMs = RUN_LIMITS.reconnectFirstMs;
    this.#cancelRetry = this.#ports.clock.after(this.#retryMs, () => this.#connect());
    const most = this.#state === "spooling" ? RUN_LIMITS.reconnectMostMs : RUN_LIMITS.slowRelayMs / 4;
    this.#retryMs = Math.min(this.#retryMs * 2, most);
  }

  #write(bytes: Buffer, done: () => void): void {
    if (!this.#watching) this.#watch(RUN_LIMITS.slowRelayMs);
    this.#waitingSinceMs.push(this.#ports.clock.elapsedMs());
    this.#session?.write(bytes, () => {
      this.#waitingSinceMs.shift();
      done();
      this.#onRoom();
    });
  }

  /** Checks after `afterMs` whether the relay has kept us waiting too long; repeats while something is pending. */
  #watch(afterMs: number): void {
    this.#watching = true;
    this.#cancelWatch();
    this.#cancelWatch = this.#ports.clock.after(afterMs, () => {
      this.#watching = false;
      const since = this.#state === "live" ? this.#waitingSinceMs[0] : this.#outageSinceMs;
      if (since === undefined || this.#state === "spooling") return;
      const leftMs = since + this.#patienceMs() - this.#ports.clock.elapsedMs();
      if (leftMs > 0) this.#watch(leftMs);
      else this.#toSpool(this.#state === "live" ? "it takes nothing" : this.#reason);
    });
  }

  /** The longest time without progress that the current cause allows. */
  #patienceMs(): number {
    if (this.#state === "live") return RUN_LIMITS.slowRelayMs;
    const listens = this.#session?.isConnected === true || this.#reason === QUEUE_FULL;
    return listens ? RUN_LIMITS.beginWithinMs : RUN_LIMITS.slowRelayMs;
  }

  #toSpool(reason: string): void {
    this.#session?.destroy();
    this.#session = undefined;
    this.#cancelRetry();
    this.#state = "spooling";
    this.#ports.onSpooling(reason);
    this.flush();
    if (this.#ending !== undefined) {
      this.#finishInSpool();
      return;
    }
    this.#retryMs = RUN_LIMITS.slowRelayMs / 2;
    this.#cancelRetry = this.#ports.clock.after(this.#retryMs, () => this.#connect());
    this.#onRoom();
  }

  #finishLive(): void {
    if (this.#ending === undefined) return;
    this.#endFrame ??= this.#ending.makeEnd();
    this.#write(this.#endFrame, () => {});
    this.#session?.finish();
    this.#endDeadlineMs ??= this.#ports.clock.elapsedMs() + RUN_LIMITS.takeOverMs;
    const leftMs = Math.max(0, this.#endDeadlineMs - this.#ports.clock.elapsedMs());
    this.#cancelTakeOver = this.#ports.clock.after(leftMs, () => this.#toSpool("it does not confirm"));
  }

  #finishInSpool(): void {
    if (this.#ending === undefined) return;
    this.#endFrame ??= this.#ending.makeEnd();
    this.#ports.spool.append(this.#endFrame, "control");
    this.#ports.spool.seal();
    this.#done();
  }

  #done(): void {
    this.#state = "done";
    for (const cancel of [this.#cancelRetry, this.#cancelWatch, this.#cancelTakeOver]) cancel();
    this.#session?.destroy();
    this.#ending?.settle();
  }
}
