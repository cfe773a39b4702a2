import { type Exit, parseEnd, parseExit } from "../../wire/end.ts";
import { asCount } from "../../wire/record.ts";
import { asTime } from "../../wire/time.ts";
import type { EndSeen } from "./facts.ts";
import type { AnyRecord, Sidecar } from "./sidecar.ts";

/** The sidecar gets one beat in this many, five minutes' worth: the most that a kill makes the collector forget. */
const BEATS_A_RECORD = 30;
/** Three missed beats. */
const LOST_AFTER_MS = 30_000;

/**
 * Signs of life of one execution: beats, END, and whether it is lost. Each method does its whole work, or throws the
 * file system's error and has changed nothing.
 */
export class Lifetime {
  readonly #sidecar: Sidecar;
  /** When a frame of the execution last arrived, by the collector's clock. */
  #heardAtMs: number;
  #endSeen: EndSeen | undefined;
  #exitSeen: Exit | undefined;
  #isLost = false;
  /** When a lost execution was last heard of. */
  #lostSinceMs: number | undefined;
  #lastBeat = 0;
  /** The last beat recorded in the sidecar. */
  #recordedBeat = 0;

  constructor(sidecar: Sidecar, nowMs: number) {
    this.#sidecar = sidecar;
    this.#heardAtMs = nowMs;
  }

  get endSeen(): EndSeen | undefined {
    return this.#endSeen;
  }
  /** How the command ended: from the END, or from a beat before it. */
  get exit(): Exit | undefined {
    return this.#endSeen?.end ?? this.#exitSeen;
  }
  get isLost(): boolean {
    return this.#isLost;
  }
  /** When its command ended or, if lost, was last heard of, in wire's format; earlier versions stored no such time. */
  get overAt(): string | undefined {
    if (this.exit !== undefined) return this.exit.endedAt;
    return this.#isLost && this.#lostSinceMs !== undefined ? asTime(this.#lostSinceMs) : undefined;
  }

  /** Restores a record of the sidecar. */
  restore(record: AnyRecord, nowMs: number): void {
    if (record.t === "lost") {
      this.#isLost = true;
      const heardAtMs = asCount(record.members["heardAtMs"]);
      this.#lostSinceMs = heardAtMs === undefined ? undefined : Math.min(heardAtMs, nowMs);
    }
    if (record.t === "heard") this.#isLost = false;
    if (record.t === "beat") {
      this.#recordedBeat = asCount(record.members["beat"]) ?? this.#recordedBeat;
      this.#lastBeat = this.#recordedBeat;
    }
    if (record.t === "exit") this.#exitSeen = parseExit(record.members["exit"]);
    const seen = record.t === "end" ? parseEndSeen(record) : undefined;
    // If the clock was ahead when this was written, do not wait until that time comes again.
    if (seen !== undefined) this.#endSeen = { ...seen, receivedAtMs: Math.min(seen.receivedAtMs, nowMs) };
  }

  /** Takes the END, once. A second one changes nothing. */
  end(seen: EndSeen): void {
    if (this.#endSeen !== undefined) return;
    this.#sidecar.append({ t: "end", ...seen });
    this.#endSeen = seen;
  }

  /** Whether a beat is new. An old number, or one after the END, is a replay and says nothing about now. */
  isNewBeat(beat: number): boolean {
    return beat > this.#lastBeat && this.#endSeen === undefined;
  }

  /** The command has ended, and END waits for processes that it left behind. A second exit changes nothing. */
  exited(exit: Exit): void {
    if (this.exit !== undefined) return;
    this.#sidecar.append({ t: "exit", exit });
    this.#exitSeen = exit;
  }

  beat(beat: number): void {
    if (Math.floor(beat / BEATS_A_RECORD) > Math.floor(this.#lastBeat / BEATS_A_RECORD)) this.recordBeat(beat);
    this.#lastBeat = beat;
  }

  /** Records that this beat and all earlier ones are old, for the next start. */
  recordBeat(beat = this.#lastBeat): void {
    if (beat <= this.#recordedBeat) return;
    this.#sidecar.append({ t: "beat", beat });
    this.#recordedBeat = beat;
  }

  /** A sign of life. Returns whether the state changed. */
  heard(nowMs: number): boolean {
    this.#heardAtMs = nowMs;
    if (!this.#isLost || this.#endSeen !== undefined) return false;
    this.#sidecar.append({ t: "heard" });
    this.#isLost = false;
    return true;
  }

  /** Without an END: becomes lost after some silence. Returns whether that is new. */
  judge(nowMs: number): boolean {
    if (this.#isLost || nowMs - this.#heardAtMs <= LOST_AFTER_MS) return false;
    this.recordBeat();
    this.#sidecar.append({ t: "lost", heardAtMs: this.#heardAtMs });
    this.#isLost = true;
    this.#lostSinceMs = this.#heardAtMs;
    return true;
  }
}

function parseEndSeen(record: AnyRecord): EndSeen | undefined {
  const lastN = asCount(record.members["lastN"]);
  const receivedAtMs = asCount(record.members["receivedAtMs"]);
  const end = parseEnd(JSON.stringify(record.members["end"] ?? null));
  if (lastN === undefined || receivedAtMs === undefined || end === undefined) return undefined;
  return { lastN, receivedAtMs, end };
}
