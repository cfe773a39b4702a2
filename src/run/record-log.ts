import { FrameEncoder } from "../frame/encode.ts";
import { formatTimestamp } from "../frame/timestamp.ts";
import type { End, Exit, PerStream } from "../wire/end.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { BeginFields } from "./begin-fields.ts";
import { processName } from "./command/process-name.ts";
import { type Beats, startBeats } from "./delivery/beats.ts";
import { exitOf } from "./exit-of.ts";
import { RUN_LIMITS } from "./limits.ts";
import { droppedMessage, type LogDelivery, type LogOptions, openLogDelivery } from "./log-delivery.ts";
import { notifyEnd } from "./notify-end.ts";
import { OutputFrames } from "./output/output-frames.ts";
import { RecordClock } from "./output/record-clock.ts";
import type { RecordConsumer } from "./output/record-reader.ts";
import { pairAt, parseNumbers, RECORD, type WholeRecord } from "./output/records.ts";
import type { Timers } from "./timers.ts";

export interface RecordLogPorts {
  /** Microseconds since 1970, never stepping back. */
  nowUs(): number;
  readonly timers: Timers;
  /** The content of a BEGIN record, as options. Undefined: it is invalid. */
  readBegin(payload: Buffer): BeginFields | undefined;
  readonly ownPid: number;
  warn(message: string): void;
  readonly startFlush: LogOptions["startFlush"];
  /** Called before frames leave: a successor of this process must know their content. */
  beforeFlush(log: RecordLog): void;
  /** Called when there is room: `output` may be called again. */
  onRoom(): void;
  /** Called when everything is handed over, or stored. */
  onDone(): void;
}

/** Parts of an execution's log that exist only after its BEGIN. */
interface Parts {
  readonly begin: BeginFields;
  readonly encoder: FrameEncoder;
  readonly log: LogDelivery;
  readonly frames: Readonly<Record<StreamName, OutputFrames>>;
}

/** Octets of a process id, and of a wait status. */
const NUMBER_BYTES = 4;
const NOTHING: PerStream = { stdout: 0, stderr: 0 };
const { types } = RECORD;

/** Logs one execution from the records of the launcher's pump. */
export class RecordLog implements RecordConsumer {
  readonly #ports: RecordLogPorts;
  readonly #clock: RecordClock;
  #parts: Parts | undefined;
  /** Work of an earlier logger, and output that is lost for good. */
  #before = { framed: NOTHING, thinned: NOTHING };
  #lost = NOTHING;
  #end: Exit | undefined;
  #isOver = false;
  /** True inside `batch`, whose end flushes. */
  #isBatch = false;
  #beats: Beats | undefined;
  #cancelExitBeat: (() => void) | undefined;

  constructor(ports: RecordLogPorts) {
    this.#ports = ports;
    this.#clock = new RecordClock(ports.nowUs, ports.timers);
  }

  /** Numbered lines, bytes in frames or omitted from them, and the omitted bytes alone. */
  get progress(): { readonly lines: PerStream; readonly framed: PerStream; readonly thinned: PerStream } {
    const frames = this.#parts?.frames;
    const { lines = NOTHING } = this.#parts?.encoder ?? {};
    const framed = add(this.#before.framed, {
      stdout: frames?.stdout.framedBytes ?? 0,
      stderr: frames?.stderr.framedBytes ?? 0,
    });
    return { lines, framed, thinned: this.#thinned };
  }

  /** Whether a BEGIN came: without it, the rest cannot be logged. */
  get hasBegun(): boolean {
    return this.#parts !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Runs `take`, which feeds several records, and flushes their frames together at the end. Most reads of the socket end
   * inside a record; flushing each piece would double the system calls.
   */
  batch<T>(take: () => T): T {
    this.#isBatch = true;
    try {
      return take();
    } finally {
      this.#isBatch = false;
      this.#flush();
    }
  }

  output(stream: StreamName, bytes: Buffer, timeUs: number): boolean {
    const parts = this.#parts;
    if (parts === undefined) return true;
    const frames = parts.frames[stream];
    this.#clock.setRecord(timeUs);
    bytes.copy(frames.room);
    frames.received(bytes.length);
    this.#clock.setRecord(undefined);
    return !this.#isBlocked;
  }

  record({ type, timeUs, payload }: WholeRecord): boolean {
    if (type === types.begin) this.#begin(payload);
    else if (type === types.stopped) this.#goOn(parseNumbers(payload));
    else if (type === types.pid && payload.length === NUMBER_BYTES) this.#startBeats(payload.readUInt32LE(0));
    else if (type === types.exit && payload.length === NUMBER_BYTES)
      this.#exited(exitOf(this.#parts?.begin, payload.readUInt32LE(0), formatTimestamp(timeUs)));
    else if (type === types.over) void this.over(parseNumbers(payload));
    return !this.#isBlocked;
  }

  /** Ends the log. @param numbers From the final record; missing if the writer of the records was killed. */
  async over(numbers: readonly number[] = [1]): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const parts = this.#parts;
    if (parts === undefined) return this.#ports.onDone();
    const { encoder, frames, log } = parts;
    this.#lost = add(this.#lost, pairAt(numbers, 1));
    frames.stdout.end();
    frames.stderr.end();
    await Promise.all([frames.stdout.ended, frames.stderr.ended]);
    this.#beats?.stop();
    this.#cancelExitBeat?.();
    const cutShort = numbers[0] !== 0;
    let whole: End | undefined;
    const exit = this.#end ?? { code: null, signal: "SIGKILL", endedAt: formatTimestamp(this.#ports.nowUs()) };
    await log.delivery.finish(() => {
      encoder.setTime(this.#clock.timestamp());
      const printed = add(add(this.#before.framed, this.#lost), {
        stdout: frames.stdout.printedBytes,
        stderr: frames.stderr.printedBytes,
      });
      const dropped = add(log.spool.dropped, this.#lost);
      const { lines } = encoder;
      whole = { ...exit, lines, printed, thinned: this.#thinned, dropped, cutShort };
      return encoder.encodeEnd(whole);
    });
    log.close();
    this.#notify(parts.begin, whole);
    const dropped = droppedMessage(log.spool);
    if (dropped !== undefined) this.#ports.warn(dropped);
    this.#ports.onDone();
  }

  #notify(begin: BeginFields, end: End | undefined): void {
    const { ownPid, nowUs, warn } = this.#ports;
    if (end !== undefined) notifyEnd(begin, end, { owner: processName(ownPid), nowMs: () => nowUs() / 1000, warn });
  }

  get #isBlocked(): boolean {
    const frames = this.#parts?.frames;
    return frames !== undefined && (frames.stdout.isBlocked || frames.stderr.isBlocked);
  }

  get #thinned(): PerStream {
    const frames = this.#parts?.frames;
    return add(this.#before.thinned, {
      stdout: frames?.stdout.thinnedBytes ?? 0,
      stderr: frames?.stderr.thinnedBytes ?? 0,
    });
  }

  #flush(): void {
    this.#ports.beforeFlush(this);
    this.#parts?.log.delivery.flush();
  }

  #begin(payload: Buffer): void {
    const begin = this.#ports.readBegin(payload);
    if (begin === undefined || this.#parts !== undefined) return;
    const { ownPid, warn, startFlush } = this.#ports;
    const { startedUs, raw, oneLineFrames } = begin;
    const clock = this.#clock;
    const { after } = clock;
    const started = { elapsedMs: () => clock.elapsedMs(), timestamp: () => formatTimestamp(startedUs), after };
    const encoder = new FrameEncoder(begin, { oneLineFrames });
    const log = openLogDelivery({ ...begin, ownPid, warn, startFlush, clock: started });
    const delivery = {
      reserve: () => log.delivery.reserve(),
      flush: () => {
        if (!this.#isBatch) this.#flush();
      },
    };
    const frames = {
      stdout: new OutputFrames({ name: "stdout", encoder, delivery, clock, raw }),
      stderr: new OutputFrames({ name: "stderr", encoder, delivery, clock, raw }),
    };
    this.#parts = { begin, encoder, log, frames };
    log.delivery.onRoom(() => {
      frames.stdout.roomAgain();
      frames.stderr.roomAgain();
      if (!this.#isBlocked) this.#ports.onRoom();
    });
    log.delivery.start();
  }

  /** Continues numbers and counts where an earlier logger stopped. */
  #goOn(numbers: readonly number[]): void {
    const encoder = this.#parts?.encoder;
    if (encoder === undefined) return;
    const lines = pairAt(numbers, 0);
    this.#before = { framed: pairAt(numbers, 2), thinned: pairAt(numbers, 4) };
    this.#lost = pairAt(numbers, 6);
    encoder.lines.stdout = lines.stdout;
    encoder.lines.stderr = lines.stderr;
    encoder.lastN = lines.stdout + lines.stderr;
  }

  #startBeats(pid: number): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const { begin, encoder, log, frames } = parts;
    const clock = this.#clock;
    const hasTerminal = begin.labels["output"] === "terminal";
    const startedMs = clock.elapsedMs();
    const readAtMs = () => Math.max(frames.stdout.readAtMs, frames.stderr.readAtMs, startedMs);
    const idleMs = () => clock.elapsedMs() - readAtMs();
    const exit = () => this.#end;
    this.#beats = startBeats({ encoder, delivery: log.delivery, clock, pid, hasTerminal, idleMs, exit });
  }

  /**
   * Notes how the command ended. END waits for its last output; a beat reports it earlier if something still holds the
   * pipes.
   */
  #exited(exit: Exit): void {
    this.#end ??= exit;
    this.#cancelExitBeat ??= this.#clock.after(RUN_LIMITS.exitSaidAfterMs, () => this.#beats?.beat());
  }
}

function add(one: PerStream, other: PerStream): PerStream {
  return { stdout: one.stdout + other.stdout, stderr: one.stderr + other.stderr };
}
