import { RUN_LIMITS } from "../limits.ts";
import { type Block, FrameRing } from "./frame-ring.ts";
import { RelaySession, type SessionPorts } from "./relay-session.ts";

/** Where frames go while no relay takes them. */
export interface Spool {
  /** Keeps whole frames. Never throws: what it cannot keep, it counts. */
  append(frames: Buffer, kind: "lines" | "control"): void;
  /** Closes the file: it may be delivered now. The next `append` begins another. */
  seal(): void;
}

export interface DeliveryPorts extends SessionPorts {
  readonly spool: Spool;
  /** Monotonic milliseconds. */
  elapsedMs(): number;
  /** A relay is there (again). */
  onLive(): void;
  /** From now on frames go to the spool. */
  onSpooling(reason: string): void;
}

/** Nobody listens: when the command has ended there is no point in waiting for that to change. */
const ABSENT: readonly string[] = ["ENOENT", "ECONNREFUSED", "EACCES", "ENOTSOCK"];

/**
 * Brings frames to the relay in order, and to the spool while there is none.
 *
 *     connecting --connected, BEGIN out----------> live
 *     live --broken--> connecting                  what is in the ring goes again
 *     connecting, live --nothing taken for 2 s---> spooling, the ring's frames first
 *     spooling --connected, BEGIN out------------> live
 */
export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #ring = new FrameRing();
  #state: "connecting" | "live" | "spooling" | "done" = "connecting";
  #session: RelaySession | undefined;
  /** When each write that the kernel has not finished was made, oldest first. Bounded by the ring. */
  readonly #waitingSinceMs: number[] = [];
  #outageSinceMs = 0;
  /** How long the outage before took, for a relay that does not stay. */
  #outageMs = 0;
  #liveSinceMs = 0;
  #retryMs: number = RUN_LIMITS.reconnectFirstMs;
  /** Why the last session was lost. */
  #reason = "it does not answer";
  #retryTimer: NodeJS.Timeout | undefined;
  #watching = false;
  #patienceTimer: NodeJS.Timeout | undefined;
  #endOfFileTimer: NodeJS.Timeout | undefined;
  #ending: { readonly makeEnd: () => Buffer; readonly settle: () => void } | undefined;
  #endFrame: Buffer | undefined;
  #endDeadlineMs: number | undefined;
  /** At the end a broken session is tried again once. */
  #lastAttempts = 1;

  #onRoom: () => void = () => {};

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  /** Whom to tell that `reserve` may succeed again. */
  onRoom(listener: () => void): void {
    this.#onRoom = listener;
  }

  start(): void {
    this.#outageSinceMs = this.#ports.elapsedMs();
    this.#watch(RUN_LIMITS.slowRelayMs);
    this.#connect(true);
  }

  /** A block with room for one frame after its `end`. Undefined: wait for `onRoom`. */
  reserve(): Block | undefined {
    const block = this.#ring.reserve();
    if (block !== undefined || this.#state !== "spooling") return block;
    // One read may make more frames than the ring holds, and no relay will tell that there is room again.
    this.flush();
    return this.#ring.reserve();
  }

  /** Sends what was added to reserved blocks. */
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

  /** BEGIN once more, for a relay that did not take it or, when `evenIfTaken`, may have lost it. */
  announceAgain(evenIfTaken: boolean): void {
    if (this.#state === "live" && (evenIfTaken || this.#session?.announced === false)) void this.#session?.announce();
  }

  /**
   * Hands over what is left and the END, which `makeEnd` builds as late as possible. Settles in bounded time, when the
   * relay has taken over everything or the spool has what it has not.
   */
  finish(makeEnd: () => Buffer): Promise<void> {
    return new Promise((settle) => {
      this.#ending = { makeEnd, settle };
      if (this.#state === "live") this.#finishLive();
      else if (this.#state === "spooling") this.#finishInSpool();
      else if (this.#session === undefined) this.#connect(false);
    });
  }

  #connect(eager: boolean): void {
    clearTimeout(this.#retryTimer);
    const session = new RelaySession(
      this.#ports,
      {
        ready: () => this.#ready(session),
        takenOver: () => void this.#takenOver(session),
        lost: (code) => this.#lost(code),
      },
      eager,
    );
    this.#session = session;
  }

  #ready(session: RelaySession): void {
    if (this.#state === "spooling") {
      // The spool is safe where it is; lines without BEGIN would only fill a quarantine.
      if (!session.announced) {
        this.#lost("it does not take BEGIN");
        return;
      }
      this.#ports.spool.seal();
    }
    this.#state = "live";
    this.#liveSinceMs = this.#ports.elapsedMs();
    this.#outageMs = this.#liveSinceMs - this.#outageSinceMs;
    this.#waitingSinceMs.length = 0;
    this.#ring.rewind();
    this.flush();
    this.#ports.onLive();
    this.#onRoom();
    if (this.#ending !== undefined) this.#finishLive();
  }

  #lost(code: string): void {
    this.#session?.destroy();
    this.#session = undefined;
    const now = this.#ports.elapsedMs();
    if (this.#state === "live") {
      this.#state = "connecting";
      clearTimeout(this.#endOfFileTimer);
      // With a relay that accepts and soon closes again, the outage before goes on.
      const stayed = now - this.#liveSinceMs >= RUN_LIMITS.slowRelayMs;
      this.#outageSinceMs = stayed ? now : now - this.#outageMs;
      if (stayed) this.#retryMs = RUN_LIMITS.reconnectFirstMs;
      this.#watch(this.#outageSinceMs + RUN_LIMITS.slowRelayMs - now);
    }
    if (this.#ending !== undefined) {
      if (this.#lastAttempts === 0 || (ABSENT.includes(code) && this.#state === "connecting")) {
        this.#toSpool(code);
        return;
      }
      if (code !== "EAGAIN") this.#lastAttempts -= 1;
    }
    this.#reason = code;
    this.#retryTimer = setTimeout(() => this.#connect(false), this.#retryMs);
    const most = this.#state === "spooling" ? RUN_LIMITS.reconnectMostMs : RUN_LIMITS.slowRelayMs / 4;
    this.#retryMs = Math.min(this.#retryMs * 2, most);
  }

  #write(bytes: Buffer, done: () => void): void {
    if (!this.#watching) this.#watch(RUN_LIMITS.slowRelayMs);
    this.#waitingSinceMs.push(this.#ports.elapsedMs());
    this.#session?.write(bytes, () => {
      this.#waitingSinceMs.shift();
      done();
      this.#onRoom();
    });
  }

  /** Looks once in `afterMs` whether the relay has been waited for too long, and as long as there is something to. */
  #watch(afterMs: number): void {
    this.#watching = true;
    clearTimeout(this.#patienceTimer);
    this.#patienceTimer = setTimeout(() => {
      this.#watching = false;
      const since = this.#state === "live" ? this.#waitingSinceMs[0] : this.#outageSinceMs;
      if (since === undefined || this.#state === "spooling") return;
      const leftMs = since + RUN_LIMITS.slowRelayMs - this.#ports.elapsedMs();
      if (leftMs > 0) this.#watch(leftMs);
      else this.#toSpool(this.#state === "live" ? "it takes nothing" : this.#reason);
    }, afterMs);
  }

  #toSpool(reason: string): void {
    this.#session?.destroy();
    this.#session = undefined;
    clearTimeout(this.#retryTimer);
    this.#state = "spooling";
    this.#ports.onSpooling(reason);
    this.flush();
    if (this.#ending !== undefined) {
      this.#finishInSpool();
      return;
    }
    this.#retryMs = RUN_LIMITS.slowRelayMs / 2;
    this.#retryTimer = setTimeout(() => this.#connect(false), this.#retryMs);
    this.#onRoom();
  }

  #finishLive(): void {
    if (this.#ending === undefined) return;
    this.#endFrame ??= this.#ending.makeEnd();
    this.#write(this.#endFrame, () => {});
    this.#session?.finish();
    this.#endDeadlineMs ??= this.#ports.elapsedMs() + RUN_LIMITS.endOfFileMs;
    const leftMs = Math.max(0, this.#endDeadlineMs - this.#ports.elapsedMs());
    this.#endOfFileTimer = setTimeout(() => this.#toSpool("it does not confirm"), leftMs);
  }

  #finishInSpool(): void {
    if (this.#ending === undefined) return;
    this.#endFrame ??= this.#ending.makeEnd();
    this.#ports.spool.append(this.#endFrame, "control");
    this.#ports.spool.seal();
    this.#done();
  }

  async #takenOver(session: RelaySession): Promise<void> {
    clearTimeout(this.#endOfFileTimer);
    clearTimeout(this.#patienceTimer);
    // Lines without their BEGIN would stay in quarantine.
    if (session.announced || (await session.announce())) this.#done();
    else this.#toSpool("it does not take BEGIN");
  }

  #done(): void {
    this.#state = "done";
    for (const timer of [this.#retryTimer, this.#patienceTimer, this.#endOfFileTimer]) clearTimeout(timer);
    this.#session?.destroy();
    this.#ending?.settle();
  }
}
