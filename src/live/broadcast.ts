import type { LineRange } from "../wire/api.ts";
import { encodeLines, type LinesMessage, sourceKey } from "./lines-message.ts";
import type { Lines, Source } from "./ports.ts";
import { covers, type Route, type Routes, type Watcher } from "./routes.ts";

/**
 * One write for one viewer costs 10 to 20 us, so lines for many viewers are gathered for as long as sending them may
 * take: not at all for a few viewers, 20 ms for 1,000.
 */
const GATHER_MS_PER_VIEWER = 0.02;
/** Gathered lines are sent at this size, before their time is over. */
const MAX_GATHERED_BYTES = 65_536;

/** Consecutive lines of one execution since its last broadcast. Owns their bytes. */
interface Gathering {
  readonly source: Source;
  readonly timer: NodeJS.Timeout;
  pieces: Lines[];
  bytes: number;
  /**
   * Watchers that do not get all of it, with the number of pieces to skip. Later entries never have a smaller number. A
   * watcher that leaves stays until the next broadcast.
   */
  late: Map<Watcher, number>;
}

const NOBODY: ReadonlyMap<Watcher, number> = new Map();

/** Sends lines to everyone who watches their execution, encoded once; does nothing for one that nobody watches. */
export class Broadcast {
  readonly #routes: Routes;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(routes: Routes) {
    this.#routes = routes;
  }

  publish(source: Source, lines: Lines): void {
    if (this.#routes.isEmpty) return;
    const key = sourceKey(source);
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) {
      this.#gatherAfter(source, key, this.#send(source, key, [lines]));
      return;
    }
    const last = gathering.pieces.at(-1);
    if (last !== undefined && last.firstN + last.count !== lines.firstN) this.#release(key, gathering);
    gathering.pieces.push({ firstN: lines.firstN, count: lines.count, cri: Buffer.from(lines.cri) });
    gathering.bytes += lines.cri.length;
    if (gathering.bytes >= MAX_GATHERED_BYTES) this.#release(key, gathering);
  }

  /** Adds a watcher to a route without lines published before. Lines gathered for others are not sent early for it. */
  join(route: Route, watcher: Watcher): void {
    for (const gathering of this.#gatherings.values()) {
      if (covers(route, gathering.source)) skipGathered(gathering, watcher);
    }
  }

  /** Takes the lines of an execution (by its key) gathered for this watcher, which no longer gets them. */
  take(key: string, watcher: Watcher): LineRange | undefined {
    const gathering = this.#gatherings.get(key);
    const first = gathering?.pieces[gathering.late.get(watcher) ?? 0];
    const last = gathering?.pieces.at(-1);
    if (gathering === undefined || first === undefined || last === undefined) return undefined;
    skipGathered(gathering, watcher);
    return [first.firstN, last.firstN + last.count - 1];
  }

  close(): void {
    for (const { timer } of this.#gatherings.values()) clearTimeout(timer);
    this.#gatherings.clear();
  }

  /** Sends lines that arrive within the time of a broadcast to this many viewers together. */
  #gatherAfter(source: Source, key: string, viewers: number): void {
    const waitMs = Math.floor(viewers * GATHER_MS_PER_VIEWER);
    if (waitMs === 0) return;
    const timer = setTimeout(() => {
      const gathering = this.#gatherings.get(key);
      this.#gatherings.delete(key);
      if (gathering !== undefined) this.#gatherAfter(source, key, this.#release(key, gathering));
    }, waitMs);
    this.#gatherings.set(key, { source, timer, pieces: [], bytes: 0, late: new Map() });
  }

  #release(key: string, gathering: Gathering): number {
    const { source, pieces, late } = gathering;
    gathering.pieces = [];
    gathering.bytes = 0;
    if (late.size > 0) gathering.late = new Map();
    return this.#send(source, key, pieces, late);
  }

  /**
   * Sends the longest message first: an outbox recognises the others by it. Returns the number of subscriptions
   * reached.
   */
  #send(source: Source, key: string, pieces: readonly Lines[], late = NOBODY): number {
    const sets = this.#routes.of(source, key);
    const message = sets.length > 0 ? encode(source, key, pieces) : undefined;
    if (message === undefined) return 0;
    let viewers = 0;
    for (const watchers of sets) {
      viewers += watchers.size;
      for (const watcher of watchers) if (!late.has(watcher)) watcher.lines(message);
    }
    let rest: LinesMessage | undefined = message;
    let restFrom = 0;
    for (const [watcher, from] of late) {
      if (!sets.some((watchers) => watchers.has(watcher))) continue;
      if (from !== restFrom) rest = encode(source, key, pieces.slice(from));
      restFrom = from;
      if (rest !== undefined) watcher.lines(rest);
    }
    return viewers;
  }
}

/** Excludes this watcher from the lines gathered so far. */
function skipGathered({ late, pieces }: Gathering, watcher: Watcher): void {
  if (pieces.length === 0) return;
  late.delete(watcher);
  late.set(watcher, pieces.length);
}

function encode(source: Source, key: string, pieces: readonly Lines[]): LinesMessage | undefined {
  const [first, ...others] = pieces;
  return first === undefined ? undefined : encodeLines(source, key, [first, ...others]);
}
