import type { SlotIdentity } from "../../frame/slot-identity.ts";
import { LoopTurns } from "../../host/loop-turns.ts";
import type { StreamLooks } from "../../wire/stream-looks.ts";
import type { Numbered } from "../execution/read-chunks.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import { LookNotes } from "./look-notes.ts";
import { readLooks } from "./read-looks.ts";

/** Longest wait for an answer; the reading continues, and a later request gets it. */
const ANSWER_WITHIN_MS = 500;
/** Most executions whose notes are kept: those requested last. */
const MAX_KEPT = 256;
/** Characters in all notes together: most have few, but a link may have 2,000. */
const MAX_CHARACTERS = 8_388_608;
/** Executions read at a time. For others the answer is "not known yet". */
const MAX_READING = 8;
/** The same for one owner, so that none takes all places. */
const MAX_READING_PER_OWNER = 2;
/** With more missing ranges than this, any line that arrives counts as late. */
const MAX_MISSING = 64;

interface Kept {
  notes: LookNotes;
  /** The reading under way. */
  reading: Promise<StreamLooks> | undefined;
}

interface LookedAt extends Numbered {
  readonly have: LineNumbers;
}

interface LooksAt {
  readonly identity: SlotIdentity;
  readonly owner: string;
  readonly load: () => Promise<LookedAt | undefined>;
  readonly n: number;
}

interface ExecutionLooksOptions {
  /** Keeps an execution's files from being deleted. Returns a function that ends this. */
  readonly hold: (identity: SlotIdentity) => () => void;
  /** Resolves after `ms` milliseconds, or when `isOver` does. */
  readonly wait?: (ms: number, isOver: Promise<unknown>) => Promise<unknown>;
}

/**
 * The looks of executions' streams before any line. Read from the logs on request, from the last line read on; notes
 * taken on the way make other places quick. Costs nothing when lines arrive.
 */
export class ExecutionLooks {
  readonly #options: ExecutionLooksOptions;
  readonly #turns = new LoopTurns();
  readonly #kept = new Map<string, Kept>();
  /** Readings under way, by owner; an owner without any is not in it. */
  readonly #reading = new Map<string, number>();

  constructor(options: ExecutionLooksOptions) {
    this.#options = options;
  }

  /**
   * Null if it takes longer (the reading continues) or too many readings are under way. Rejects with the file system's
   * error.
   */
  async before(at: LooksAt): Promise<StreamLooks | null> {
    const key = keyOf(at.identity);
    if (!this.#kept.has(key) && !this.#hasPlace(at.owner)) return null;
    const kept = this.#keptOf(key);
    const asked = { isLate: false };
    const looks = kept.reading === undefined ? this.#start(kept, at) : this.#next(kept, at, asked);
    const isOver = looks.then(
      () => true,
      () => true,
    );
    const { wait = waitFor } = this.#options;
    asked.isLate = (await wait(ANSWER_WITHIN_MS, isOver)) !== true;
    return asked.isLate ? null : looks;
  }

  /** Starts a reading after those under way, unless this request has been answered meanwhile. */
  async #next(kept: Kept, at: LooksAt, asked: { readonly isLate: boolean }): Promise<StreamLooks | null> {
    while (kept.reading !== undefined) await kept.reading.catch(() => undefined);
    return asked.isLate ? null : this.#start(kept, at);
  }

  async #start(kept: Kept, at: LooksAt): Promise<StreamLooks | null> {
    if (!this.#hasPlace(at.owner)) return null;
    this.#reading.set(at.owner, this.#readingOf(at.owner) + 1);
    const release = this.#options.hold(at.identity);
    kept.reading = this.#read(kept.notes, at);
    try {
      return await kept.reading;
    } catch (error) {
      // The notes may include lines that the next reading starts before.
      kept.notes = new LookNotes();
      throw error;
    } finally {
      kept.reading = undefined;
      const others = this.#readingOf(at.owner) - 1;
      if (others > 0) this.#reading.set(at.owner, others);
      else this.#reading.delete(at.owner);
      release();
      this.#shrink();
    }
  }

  async #read(notes: LookNotes, { load, n }: LooksAt): Promise<StreamLooks> {
    const execution = await load();
    if (execution === undefined) return notes.before(1).looks;
    const { have } = execution;
    const to = Math.min(n, have.last + 1);
    if (missingBelow(notes.readTo, have) !== notes.missing) notes.forgetFrom(firstMissing(notes.missing));
    const turns = this.#turns;
    if (to <= notes.readTo) {
      const { n: from, looks } = notes.before(to);
      return readLooks(load, { from, to, looks }, { turns });
    }
    const missing = missingBelow(to, have);
    const onChange = (changedAt: number, looks: StreamLooks): void => notes.change(changedAt, looks);
    const range = { from: notes.readTo, to, looks: notes.now };
    notes.now = await readLooks(load, range, { turns, onChange });
    notes.readTo = to;
    notes.missing = missing;
    return notes.now;
  }

  #hasPlace(owner: string): boolean {
    const all = [...this.#reading.values()].reduce((sum, count) => sum + count, 0);
    return all < MAX_READING && this.#readingOf(owner) < MAX_READING_PER_OWNER;
  }

  #readingOf(owner: string): number {
    return this.#reading.get(owner) ?? 0;
  }

  #keptOf(key: string): Kept {
    const kept: Kept = this.#kept.get(key) ?? { notes: new LookNotes(), reading: undefined };
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #shrink(): void {
    let characters = 0;
    for (const { notes } of this.#kept.values()) characters += notes.characters;
    for (const [key, { notes, reading }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT && characters <= MAX_CHARACTERS) return;
      if (reading !== undefined) continue;
      this.#kept.delete(key);
      characters -= notes.characters;
    }
  }
}

function keyOf({ node, x, keyHash }: SlotIdentity): string {
  return `${node} ${x} ${keyHash}`;
}

/** The numbers below `n` that are not stored, as text to compare. */
function missingBelow(n: number, have: LineNumbers): string {
  const ranges = have.missing(1, n - 1, MAX_MISSING + 1);
  return ranges.length === 0 ? "" : JSON.stringify(ranges.length > MAX_MISSING ? [ranges[0], have.count] : ranges);
}

/** The first number in such a text. */
function firstMissing(missing: string): number {
  return Number(/\d+/.exec(missing)?.[0] ?? 1);
}

async function waitFor(ms: number, isOver: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([isOver, late]);
  } finally {
    clearTimeout(timer);
  }
}
