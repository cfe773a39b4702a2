import type { LogFeed } from "../feed/log-feed.ts";
import type { FindState } from "./use-find.ts";

/** Marks on the scroll bar: more would touch each other. */
const MAX_TICKS = 300;
const NO_TICKS: readonly number[] = [];

/** Where matches are in an execution: of Find, else of Filter; 0 to 1, each place once. */
export function ticksOf(feed: LogFeed, { find, filter }: FindState): readonly number[] {
  const survey = find.finder?.survey ?? filter.finder?.survey;
  const lastN = feed.sources[0]?.lastN ?? 0;
  if (survey?.buckets === undefined || feed.order !== "n" || lastN === 0) return NO_TICKS;
  const { size, counts } = survey.buckets;
  const places = counts.map(([bucket]) => Math.round(Math.min(1, (bucket * size) / lastN) * MAX_TICKS) / MAX_TICKS);
  return [...new Set(places)];
}
