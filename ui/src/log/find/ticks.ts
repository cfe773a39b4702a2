import type { LogFeed } from "../feed/log-feed.ts";
import type { TimeScale } from "../times/time-scale.ts";
import type { FindState } from "./use-find.ts";

/** Most marks on the scroll bar: more would touch each other. */
const MAX_TICKS = 300;
const NO_TICKS: readonly number[] = [];

/** Places of matches in the whole log, of Find, else of Filter: 0 to 1, each once. By time for several executions. */
export function ticksOf(feed: LogFeed, { find, filter }: FindState, scale: TimeScale | undefined): readonly number[] {
  const survey = find.finder?.survey ?? filter.finder?.survey;
  const lastN = feed.sources[0]?.lastN ?? 0;
  if (feed.order === "n") {
    const { size = 1, counts = [] } = survey?.buckets ?? {};
    return lastN === 0 ? NO_TICKS : placesOf(counts, (bucket) => (bucket * size) / lastN);
  }
  if (survey?.times === undefined || scale === undefined) return NO_TICKS;
  const { from, sizeMs, counts } = survey.times;
  const aheadMs = Date.parse(from) - scale.fromMs;
  return placesOf(counts, (bucket) => (aheadMs + (bucket + 0.5) * sizeMs) / scale.totalMs);
}

type Counts = readonly (readonly [bucket: number, hits: number])[];

function placesOf(counts: Counts, partOf: (bucket: number) => number): readonly number[] {
  if (counts.length === 0) return NO_TICKS;
  const places = counts.map(([bucket]) => Math.max(0, Math.min(1, partOf(bucket))));
  return [...new Set(places.map((place) => Math.round(place * MAX_TICKS) / MAX_TICKS))];
}
