import type { Execution, ExecutionPage } from "../wire/api.ts";
import { comparePlaces, parsePlace, placeOf } from "../wire/execution-place.ts";
import type { ExecutionQuery } from "../wire/execution-query.ts";
import { searchText } from "../wire/search-text.ts";
import type { Seen } from "../wire/viewer.ts";

/** The query that lists what a part and a query have in common; undefined if that is nothing. */
export function narrowed(query: ExecutionQuery, part: Seen): ExecutionQuery | undefined {
  const { owner, job, run, node } = part;
  const fits = (asked: string | undefined, has: string | undefined) =>
    asked === undefined || has === undefined || asked === has;
  if (!fits(query.owner, owner) || !fits(query.job, job) || !fits(query.run, run) || !fits(query.node, node))
    return undefined;
  return { ...query, owner, job: query.job ?? job, run: query.run ?? run, node: query.node ?? node };
}

/** A list of one execution, if the query asks for it. */
export function pageOfOne(execution: Execution | undefined, { state, q, before }: ExecutionQuery): ExecutionPage {
  const after = before === undefined ? undefined : parsePlace(before);
  const isWanted =
    execution !== undefined &&
    (state === undefined || execution.state === state) &&
    (q === undefined || searchText(execution).includes(q.toLowerCase())) &&
    (after === undefined || comparePlaces(execution, after) > 0);
  return { executions: isWanted ? [execution] : [], next: null };
}

/** One page of several lists' pages that began at the same place. */
export function mergedPage(pages: readonly ExecutionPage[], limit: number): ExecutionPage {
  const executions = pages.flatMap((page) => page.executions).sort(comparePlaces);
  // A list that was not read to its end may have more after its place: nothing older can come before that.
  const places = pages.flatMap(({ next }) => (next === null ? [] : (parsePlace(next) ?? [])));
  const [first] = places.sort(comparePlaces);
  const known = first === undefined ? executions : executions.filter((each) => comparePlaces(each, first) <= 0);
  const kept = known.slice(0, limit);
  const last = kept.at(-1);
  if (known.length > limit && last !== undefined) return { executions: kept, next: placeOf(last) };
  return { executions: kept, next: first === undefined ? null : placeOf(first) };
}
