import type { LoopTurns } from "../../host/loop-turns.ts";
import type { RunPlace } from "../../wire/run-lines.ts";
import { Heap } from "./heap.ts";
import type { MergedLine, MergedLog } from "./merged-log.ts";
import { ReadSpace } from "./read-space.ts";

/** Files read concurrently: more would only wait for each other. */
const AT_ONCE = 32;

/** A line of a page, of one of its logs. */
export interface ChosenLine {
  readonly log: MergedLog;
  readonly line: MergedLine;
}

interface MergeOptions {
  readonly logs: readonly MergedLog[];
  readonly side: "before" | "after";
  readonly place: RunPlace | undefined;
  readonly limit: number;
  readonly turns: Pick<LoopTurns, "run">;
}

/**
 * The lines of several logs nearest to a place, in order of time, then of execution; at most `limit`. Lines of one log keep
 * their order, whatever their times.
 */
export async function mergeLines(options: MergeOptions): Promise<{ lines: readonly ChosenLine[]; isMore: boolean }> {
  const { logs, side, place, limit, turns } = options;
  const isBefore = side === "before";
  const heap = new Heap<MergedLog>((a, b) => (isBefore ? isLess(b, a) : isLess(a, b)));
  await inParallel(logs, async (log, space) => {
    // Includes the place's own time: execution and number decide on which side such lines are.
    await turns.run(() =>
      log.start(side, place === undefined ? undefined : isBefore ? behind(place.time) : place.time, space),
    );
    await skipBeyond(log, { side, place, space });
    if (log.next !== undefined) heap.push(log);
  });
  const lines: ChosenLine[] = [];
  for (let log = heap.pop(); log !== undefined; log = heap.pop()) {
    const { next } = log;
    if (next === undefined) continue;
    if (lines.length === limit) return { lines: isBefore ? lines.reverse() : lines, isMore: true };
    lines.push({ log, line: next });
    await log.advance();
    if (log.next !== undefined) heap.push(log);
  }
  return { lines: isBefore ? lines.reverse() : lines, isMore: false };
}

/** Leaves out lines of the place's time that are on its other side, and its own line. */
async function skipBeyond(
  log: MergedLog,
  { side, place, space }: Pick<MergeOptions, "side" | "place"> & { readonly space: ReadSpace },
): Promise<void> {
  if (place?.x === undefined || place.n === undefined) return;
  const { x } = log.execution;
  for (;;) {
    const { next } = log;
    if (next === undefined || next.sortTime !== place.time) return;
    if (x !== place.x && x < place.x === (side === "before")) return;
    if (x === place.x) {
      const n = await log.numberAt(next.at, space);
      if (side === "before" ? n < place.n : n > place.n) return;
    }
    await log.advance();
  }
}

/** The next microsecond. */
function behind(time: string): string {
  const micros = Number(time.slice(20, 26)) + 1;
  if (micros < 1_000_000) return `${time.slice(0, 20)}${String(micros).padStart(6, "0")}Z`;
  return `${new Date(Date.parse(time.slice(0, 19).concat("Z")) + 1_000).toISOString().slice(0, 19)}.000000Z`;
}

function isLess(a: MergedLog, b: MergedLog): boolean {
  const [first, second] = [a.next?.sortTime ?? "", b.next?.sortTime ?? ""];
  return first === second ? a.execution.x < b.execution.x : first < second;
}

/** Works on all items, a few at a time; each reuses the memory of the one before. */
export async function inParallel<T>(
  all: readonly T[],
  work: (one: T, space: ReadSpace) => Promise<void>,
): Promise<void> {
  const left = all.values();
  const lane = async (): Promise<void> => {
    const space = new ReadSpace();
    for (const one of left) await work(one, space);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
