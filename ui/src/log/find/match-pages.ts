import type { SearchEvent } from "../../../../src/wire/search-event.ts";
import { asTime } from "../../../../src/wire/time.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import { find } from "../../texts/en/find.ts";
import { errorText } from "../../texts/language.ts";
import type { FindRequest } from "./find-request.ts";
import { compareMatches, type Match, toMatch } from "./match.ts";

/** Matches beside a line of one execution, in the order of their numbers. */
export interface MatchPage {
  readonly matches: readonly Match[];
  /** There may be more on that side. */
  readonly hasMore: boolean;
}

export interface MatchesFrom {
  readonly from: number;
  readonly direction: "next" | "previous";
  readonly limit: number;
}

/** Places before and after all lines, to start from in these directions. */
export const LOG_ENDS = { next: { time: asTime(0) }, previous: { time: "9999-12-31T23:59:59.999999Z" } } as const;

/** Fetches the nearest matches at and beyond a line. */
export async function matchesFrom(
  api: Pick<ApiClient, "search">,
  request: FindRequest,
  { signal, ...from }: MatchesFrom & { readonly signal: AbortSignal },
): Promise<Answer<MatchPage>> {
  if (from.from < 1) return { ok: true, value: { matches: [], hasMore: false } };
  const page = await collect(api, { ...request.body, ...from }, signal);
  if (!page.ok) return page;
  return { ok: true, value: { ...page.value, matches: [...page.value.matches].sort(compareMatches) } };
}

/** All matches of a search up to its limit, as they come. */
export async function collect(
  api: Pick<ApiClient, "search">,
  body: object,
  signal: AbortSignal,
): Promise<Answer<MatchPage>> {
  const matches: Match[] = [];
  let end: Extract<SearchEvent, { t: "end" }> | undefined;
  const onEvent = (event: SearchEvent): void => {
    if (event.t === "hit") matches.push(toMatch(event, event.at));
    if (event.t === "end") end = event;
  };
  const answer = await api.search(body, { onEvent, signal });
  if (!answer.ok) return answer;
  if (end === undefined || (end.why !== undefined && end.why !== "limit")) {
    const message = end?.message === undefined ? find.ended : errorText({ message: end.message, problem: end.problem });
    return { ok: false, status: 0, code: "cut", message, retryAfterSeconds: undefined };
  }
  return { ok: true, value: { matches, hasMore: end.capped } };
}
