/** Finding a place by time costs a question a step; closer than this the page that is fetched anyway holds it. */
const NEAR_LINES = 100;
const MAX_STEPS = 40;

export interface FindLineOptions {
  readonly time: string;
  readonly startedAt: string;
  readonly lastN: number;
  /** The first stored line at or above n, null where there is none; undefined when that cannot be told. */
  readonly lineFrom: (n: number) => Promise<{ readonly n: number; readonly time: string } | null | undefined>;
}

/**
 * A line at or before the first one printed at or after `time`, near to it. Guesses by how far between two known lines
 * the time is, and halves what is left where that does not help: logs are often, but not always, steady. Undefined when
 * a line could not be asked for.
 */
export async function findLineNear(options: FindLineOptions): Promise<number | undefined> {
  const { time, startedAt, lastN, lineFrom } = options;
  const wanted = Date.parse(time);
  let low = { n: 1, ms: Date.parse(startedAt) };
  let high = { n: lastN + 1, ms: Number.NaN };
  for (let step = 0; step < MAX_STEPS && high.n - low.n > NEAR_LINES; step += 1) {
    const part = (wanted - low.ms) / (high.ms - low.ms);
    const guess =
      step % 2 === 1 && Number.isFinite(part) ? low.n + part * (high.n - low.n) - NEAR_LINES / 4 : Number.NaN;
    const middle = (low.n + high.n) / 2;
    const n = Math.round(Math.min(high.n - 1, Math.max(low.n + 1, Number.isNaN(guess) ? middle : guess)));
    const line = await lineFrom(n);
    if (line === undefined) return undefined;
    if (line !== null && line.time < time) low = { n: line.n, ms: Date.parse(line.time) };
    else high = { n, ms: line === null ? Number.NaN : Date.parse(line.time) };
  }
  return low.n;
}
