/** Each step of a search by time costs a request; closer than this, the page fetched anyway contains the place. */
const NEAR_LINES = 100;
const MAX_STEPS = 40;

interface FindLineOptions {
  readonly time: string;
  readonly startedAt: string;
  readonly lastN: number;
  /** The first stored line at or above n; null if there is none, undefined if the request failed. */
  readonly lineFrom: (n: number) => Promise<{ readonly n: number; readonly time: string } | null | undefined>;
}

/**
 * A line at or shortly before the first one printed at `time` or later. Interpolates between two known lines and
 * bisects where that does not help: logs are often, but not always, steady. Undefined when
 * a request failed.
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
