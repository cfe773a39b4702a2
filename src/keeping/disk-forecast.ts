/** A sample each ten minutes, for a day. */
const SAMPLE_EVERY_MS = 600_000;
const MAX_SAMPLES = 144;

/** When the disk will be full if it goes on filling as it did in the last day: a line through samples of its free space. */
export class DiskForecast {
  #samples: { readonly atMs: number; readonly freeBytes: number }[] = [];

  note(freeBytes: number, nowMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && nowMs - last.atMs < SAMPLE_EVERY_MS) return;
    this.#samples = [...this.#samples.slice(1 - MAX_SAMPLES), { atMs: nowMs, freeBytes }];
  }

  /** Seconds until then: NaN before the second sample, infinite while the disk does not fill. */
  secondsUntilFull(): number {
    const samples = this.#samples;
    const last = samples.at(-1);
    if (last === undefined || samples.length < 2) return Number.NaN;
    const mean = (of: (sample: { atMs: number; freeBytes: number }) => number) =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
    const [meanMs, meanBytes] = [mean(({ atMs }) => atMs), mean(({ freeBytes }) => freeBytes)];
    const spread = mean(({ atMs }) => (atMs - meanMs) ** 2);
    const bytesPerMs = mean(({ atMs, freeBytes }) => (atMs - meanMs) * (freeBytes - meanBytes)) / spread;
    return bytesPerMs < 0 ? Math.max(0, last.freeBytes / -bytesPerMs / 1_000) : Number.POSITIVE_INFINITY;
  }
}
