import type { Chunk } from "../frame/chunk.ts";
import { sliceChunk } from "../frame/cri.ts";
import type { Delivery, Execution, ExecutionState } from "../wire/api.ts";
import type { End } from "../wire/end.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { createFile } from "./create-file.ts";
import type { LineNumbers } from "./line-numbers.ts";
import { commandName } from "./log-path.ts";
import { NumberedLog, type Segment } from "./numbered-log.ts";
import type { OpenFiles } from "./open-files.ts";
import type { Sidecar } from "./sidecar.ts";

/** With numbers missing after END: how long they may still be on their way. */
const RECEIVING_AFTER_END_MS = 30_000;
/** Three beats missed. */
const LOST_AFTER_MS = 30_000;

/** What is known from BEGIN, and of nobody else's word but the kernel's and the certificate's: owner and node. */
export interface Origin {
  readonly x: string;
  readonly node: string;
  readonly keyHash: string;
  readonly owner: string;
  readonly uid: number;
  readonly job: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startedAt: string;
  readonly pid: number;
}

export interface EndSeen {
  readonly lastN: number;
  readonly end: End;
  readonly receivedAtMs: number;
}

/**
 * One execution as it is stored: its logs, which numbers they hold, and what became of it. The only writer of its
 * files; every method either does its whole work or throws what the file system threw and has changed nothing.
 */
export class StoredExecution {
  readonly origin: Origin;
  /** Path of the files without their endings. */
  readonly base: string;
  readonly sidecar: Sidecar;
  main: NumberedLog;
  late: NumberedLog | undefined;
  /** Which numbers are stored. */
  readonly have: LineNumbers;
  endSeen: EndSeen | undefined;
  /** Wall clock of the collector: when a frame of it last came. */
  heardAtMs: number;
  isLost = false;
  toldLastN = 0;
  lastBeat = 0;
  #delivery: Delivery = "receiving";

  constructor(options: {
    readonly origin: Origin;
    readonly base: string;
    readonly sidecar: Sidecar;
    readonly have: LineNumbers;
    readonly nowMs: number;
  }) {
    this.origin = options.origin;
    this.base = options.base;
    this.sidecar = options.sidecar;
    this.have = options.have;
    this.heardAtMs = options.nowMs;
    this.main = new NumberedLog({ path: `${options.base}.log`, name: "main", sidecar: options.sidecar });
  }

  get owner(): string {
    return this.origin.owner;
  }
  get job(): string {
    return this.origin.job;
  }
  get x(): string {
    return this.origin.x;
  }
  get node(): string {
    return this.origin.node;
  }
  get delivery(): Delivery {
    return this.#delivery;
  }
  /** Nothing more is expected of it: its row in the index says all. */
  get isSettled(): boolean {
    return this.#delivery !== "receiving";
  }
  get lines(): number {
    return this.main.lines + (this.late?.lines ?? 0);
  }

  get state(): ExecutionState {
    if (this.endSeen === undefined) return this.isLost ? "lost" : "running";
    return this.endSeen.end.code === 0 ? "finished" : "failed";
  }

  /**
   * Stores the lines of a chunk that are not stored yet; numbers below the newest go to the late log.
   *
   * @returns The parts that were new, in order; empty for a repetition.
   */
  append(chunk: Chunk, files: OpenFiles): readonly Chunk[] {
    const last = chunk.firstN + chunk.count - 1;
    const nextN = this.have.last + 1;
    if (chunk.firstN >= nextN) {
      this.main.append(chunk, files);
      this.have.add(chunk.firstN, last);
      return [chunk];
    }
    const fresh: Chunk[] = [];
    for (const [from, to] of this.have.missing(chunk.firstN, last)) {
      const part = sliceChunk(chunk, from, to);
      if (from >= nextN) this.main.append(part, files);
      else this.#lateLog(files).append(part, files);
      this.have.add(from, to);
      fresh.push(part);
    }
    return fresh;
  }

  /** Takes the END, once. A second one changes nothing. */
  end(seen: EndSeen): void {
    if (this.endSeen !== undefined) return;
    this.sidecar.append({ t: "end", ...seen });
    this.endSeen = seen;
  }

  /** Takes a beat that is newer than the last: what mlrun says it has numbered so far. */
  beat(lastN: number, beat: number): void {
    this.lastBeat = beat;
    this.toldLastN = Math.max(this.toldLastN, lastN);
  }

  /** A sign of life. Returns whether the state changed by it. */
  heard(nowMs: number): boolean {
    this.heardAtMs = nowMs;
    if (!this.isLost || this.endSeen !== undefined) return false;
    this.sidecar.append({ t: "heard" });
    this.isLost = false;
    return true;
  }

  /** Judges by the clock: lost, complete, incomplete. Returns whether anything changed. */
  judge(nowMs: number): boolean {
    const before = this.#delivery;
    if (this.endSeen === undefined) {
      if (this.isLost || nowMs - this.heardAtMs <= LOST_AFTER_MS) return false;
      this.sidecar.append({ t: "lost" });
      this.isLost = true;
      return true;
    }
    if (this.have.coversTo(this.endSeen.lastN)) this.#delivery = "complete";
    else if (nowMs - this.endSeen.receivedAtMs > RECEIVING_AFTER_END_MS) this.#delivery = "incomplete";
    else this.#delivery = "receiving";
    return before !== this.#delivery;
  }

  get lastN(): number {
    return Math.max(this.have.last, this.toldLastN, this.endSeen?.lastN ?? 0);
  }

  /** Every numbered piece of both logs, in order of n. */
  segments(): Segment[] {
    const segments = this.main.segments();
    if (this.late === undefined) return segments;
    return [...segments, ...this.late.segments()].sort((a, b) => a.n - b.n);
  }

  summary(): Execution {
    const { x, node, owner, job, argv, labels, startedAt } = this.origin;
    const end = this.endSeen?.end;
    return {
      x,
      job,
      node,
      owner,
      command: commandName(argv),
      argv,
      labels,
      state: this.state,
      delivery: this.#delivery,
      code: end?.code ?? null,
      signal: end?.signal ?? null,
      startedAt,
      endedAt: end?.endedAt ?? null,
      lines: this.lines,
      bytes: this.main.printedBytes + (this.late?.printedBytes ?? 0),
      lastN: this.lastN,
      missing: this.have.missing(1, this.lastN, WIRE_LIMITS.maxMissingRanges),
      thinned: end === undefined ? 0 : end.thinned.stdout + end.thinned.stderr,
      dropped: end === undefined ? 0 : end.dropped.stdout + end.dropped.stderr,
    };
  }

  #lateLog(files: OpenFiles): NumberedLog {
    if (this.late !== undefined) return this.late;
    const late = new NumberedLog({ path: `${this.base}.late.log`, name: "late", sidecar: this.sidecar });
    files.adopt(late, createFile(late.path, { durable: this.sidecar.durable }));
    this.late = late;
    return late;
  }
}
