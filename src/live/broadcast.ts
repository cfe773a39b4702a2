import { encodeLines, sourceKey } from "./lines-message.ts";
import type { Lines, Source } from "./ports.ts";
import { covers, type Route, type Routes } from "./routes.ts";

/**
 * One write for one viewer costs 10 to 20 us, so lines for many viewers are gathered for as long as handing them out
 * may take: at once for a few viewers, every 20 ms for 1,000.
 */
const GATHER_MS_PER_VIEWER = 0.02;
/** Gathered lines go out at this size whatever the time. */
const MAX_GATHERED_BYTES = 65_536;

/** Consecutive lines of one execution since its last broadcast. Owns their bytes. */
interface Gathering {
  readonly source: Source;
  readonly timer: NodeJS.Timeout;
  pieces: Lines[];
  bytes: number;
}

/** Hands lines to all who watch its execution, encoded once; nothing is done for one that nobody watches. */
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

  /** Hands out now what is gathered of this execution. */
  settle(key: string): void {
    const gathering = this.#gatherings.get(key);
    if (gathering !== undefined) this.#release(key, gathering);
  }

  /** Hands out now what is gathered on this route: who joins it next is not sent what was published before. */
  settleRoute(route: Route): void {
    for (const [key, gathering] of this.#gatherings) {
      if (covers(route, gathering.source)) this.#release(key, gathering);
    }
  }

  close(): void {
    for (const { timer } of this.#gatherings.values()) clearTimeout(timer);
    this.#gatherings.clear();
  }

  /** What comes within the time that a broadcast to so many viewers may take goes out together. */
  #gatherAfter(source: Source, key: string, viewers: number): void {
    const waitMs = Math.floor(viewers * GATHER_MS_PER_VIEWER);
    if (waitMs === 0) return;
    const timer = setTimeout(() => {
      const gathering = this.#gatherings.get(key);
      this.#gatherings.delete(key);
      if (gathering !== undefined) this.#gatherAfter(source, key, this.#release(key, gathering));
    }, waitMs);
    this.#gatherings.set(key, { source, timer, pieces: [], bytes: 0 });
  }

  #release(key: string, gathering: Gathering): number {
    const { source, pieces } = gathering;
    gathering.pieces = [];
    gathering.bytes = 0;
    return this.#send(source, key, pieces);
  }

  /** Returns to how many subscriptions it went. */
  #send(source: Source, key: string, pieces: readonly Lines[]): number {
    const [first, ...others] = pieces;
    if (first === undefined) return 0;
    const sets = this.#routes.of(source, key);
    if (sets.length === 0) return 0;
    const message = encodeLines(source, key, [first, ...others]);
    let viewers = 0;
    for (const watchers of sets) {
      viewers += watchers.size;
      for (const watcher of watchers) watcher.lines(message);
    }
    return viewers;
  }
}
