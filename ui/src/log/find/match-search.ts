import type { ApiClient } from "../../api-client.ts";
import type { LogPosition } from "../feed/log-position.ts";
import type { FindRequest } from "./find-request.ts";
import { collect, LOG_ENDS, type MatchesFrom, type MatchPage, matchesFrom } from "./match-pages.ts";
import type { WholeLog } from "./match-rows.ts";

/** Matches requested at once; a match has at most 4 KiB of text. */
export const PAGE_MATCHES = 500;
/** Most matches of several executions, which are fetched at once and all held. */
export const MAX_IN_MANY = 5_000;
/** Time searched again, because clocks of nodes differ. */
const OVERLAP_MS = 60_000;

interface MatchSearchOptions {
  readonly api: Pick<ApiClient, "search">;
  readonly log: WholeLog;
  readonly request: FindRequest;
}

/** Matches on both sides of a place in one execution. */
interface MatchesAround {
  readonly before: MatchPage;
  readonly after: MatchPage;
}

/** Fetches the matches of a log: of one execution page by page, of several all at once. Undefined: it failed. */
export class MatchSearch {
  /** Why nothing could be found. */
  problem: string | undefined;
  /** Whether several executions have more matches than are fetched. */
  isCapped = false;
  readonly #options: MatchSearchOptions;
  #searchedAtTime = "";

  constructor(options: MatchSearchOptions) {
    this.#options = options;
  }

  async page(from: Omit<MatchesFrom, "limit">, signal: AbortSignal): Promise<MatchPage | undefined> {
    const { api, request } = this.#options;
    const page = await matchesFrom(api, request, { ...from, limit: PAGE_MATCHES, signal });
    this.problem = page.ok ? undefined : page.message;
    return page.ok ? page.value : undefined;
  }

  async around(position: LogPosition, lastN: number, signal: AbortSignal): Promise<MatchesAround | undefined> {
    const at = position.at === "line" ? position.n : lastN + 1;
    const after = position.at === "line" ? await this.page({ from: at, direction: "next" }, signal) : NOTHING;
    const before = after === undefined ? undefined : await this.page({ from: at - 1, direction: "previous" }, signal);
    return after === undefined || before === undefined ? undefined : { before, after };
  }

  async all(signal: AbortSignal): Promise<MatchPage | undefined> {
    const { api, request } = this.#options;
    const askedAtTime = this.#lastTime;
    const found = await collect(api, { ...request.body, limit: MAX_IN_MANY }, signal);
    this.problem = found.ok ? undefined : found.message;
    if (!found.ok || signal.aborted) return undefined;
    this.#searchedAtTime = askedAtTime;
    this.isCapped = found.value.hasMore;
    return found.value;
  }

  /** Matches in lines printed by several executions since their search, and some earlier matches again. */
  async since(signal: AbortSignal): Promise<MatchPage | undefined> {
    const { api, request } = this.#options;
    const sinceMs = Date.parse(this.#searchedAtTime) - OVERLAP_MS;
    if (Number.isNaN(sinceMs)) return undefined;
    const askedAtTime = this.#lastTime;
    const since = new Date(sinceMs).toISOString().replace("Z", "000Z");
    // The last ones, if there are more: the first ones would return each time.
    const last = { place: LOG_ENDS.previous, direction: "previous", limit: MAX_IN_MANY };
    const page = await collect(api, { ...request.body, ...last, since: later(request.body["since"], since) }, signal);
    if (!page.ok || signal.aborted) return undefined;
    // Not set after a failure, so that this time is searched again with the next lines.
    this.#searchedAtTime = askedAtTime;
    this.isCapped ||= page.value.hasMore;
    return page.value;
  }

  get #lastTime(): string {
    const { sources, isLive } = this.#options.log;
    return sources.reduce((last, { execution: { endedAt, startedAt } }) => {
      const time = endedAt ?? (isLive ? new Date().toISOString() : startedAt);
      return time > last ? time : last;
    }, "");
  }
}

const NOTHING: MatchPage = { matches: [], hasMore: false };

function later(a: unknown, b: string): string {
  return typeof a === "string" && a > b ? a : b;
}
