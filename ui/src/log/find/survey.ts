import type { SearchEvent } from "../../../../src/wire/search-event.ts";
import type { ApiClient } from "../../api-client.ts";
import { find as t } from "../../texts/en/find.ts";
import { errorText } from "../../texts/language.ts";
import type { FindRequest } from "./find-request.ts";
import { compareMatches, type Match, toMatch } from "./match.ts";

/** First matches kept with their text; others are only counted by approximate place. */
const MAX_KEPT = { inOne: 2_000, inMany: 5_000 };

type Buckets = Pick<Extract<SearchEvent, { t: "buckets" }>, "size" | "counts">;
type Times = Extract<SearchEvent, { t: "times" }>;

interface SurveyOptions {
  readonly api: Pick<ApiClient, "search">;
  readonly request: FindRequest;
  readonly onChange: () => void;
}

/** One search over everything: the number of matches, their approximate places, and the first ones. */
export class Survey {
  /** `stopped`: by the reader. */
  status: "searching" | "done" | "stopped" | "failed" = "searching";
  total = 0;
  /** Bytes read so far. */
  bytes = 0;
  executions = 0;
  /** Searches ahead of this one, while it waits. */
  ahead = 0;
  /** Numbers of matches by place in one execution. */
  buckets: Buckets | undefined;
  /** Numbers of matches by time in several executions. */
  times: Times | undefined;
  /** Why it failed, or was not read to its end, for the reader. */
  problem: string | undefined;
  readonly #matches: Match[] = [];
  readonly #found = new Map<string, readonly string[]>();
  readonly #isOne: boolean;
  readonly #abort = new AbortController();
  #isSorted = true;

  constructor({ api, request, onChange }: SurveyOptions) {
    this.#isOne = request.isOne;
    const limit = request.isOne ? MAX_KEPT.inOne : MAX_KEPT.inMany;
    const onEvent = (event: SearchEvent): void => {
      this.#take(event);
      onChange();
    };
    const { signal } = this.#abort;
    void api.search({ ...request.body, limit, buckets: true }, { onEvent, signal }).then((answer) => {
      if (this.status !== "searching") return;
      this.status = "failed";
      this.problem = answer.ok ? t.cut : answer.message;
      onChange();
    });
  }

  /** In order: of one execution by number, else by time. Complete up to the last one where only one is searched. */
  get matches(): readonly Match[] {
    if (!this.#isSorted) this.#matches.sort(compareMatches);
    this.#isSorted = true;
    return this.#matches;
  }

  /** Whether all matches are kept. */
  get isComplete(): boolean {
    return this.status === "done" && this.#matches.length >= this.total;
  }

  /** The texts matched in a kept line. */
  foundIn(x: string, n: number): readonly string[] | undefined {
    return this.#found.get(`${x} ${n}`);
  }

  stop(): void {
    this.#abort.abort();
    if (this.status === "searching") this.status = "stopped";
  }

  #take(event: SearchEvent): void {
    if (event.t === "waiting") this.ahead = event.ahead;
    else if (event.t === "hit") {
      const match = toMatch(event, event.at);
      this.#matches.push(match);
      this.#found.set(`${match.x} ${match.n}`, match.found);
      this.#isSorted = this.#isOne;
      this.total = Math.max(this.total, this.#matches.length);
    } else if (event.t === "buckets") this.buckets = event;
    else if (event.t === "times") this.times = event;
    else if (event.t === "progress" || event.t === "end") {
      this.total = Math.max(event.hits, this.#matches.length);
      this.bytes = event.bytes;
      this.executions = event.executions;
    }
    if (event.t === "end") {
      this.status = "done";
      this.problem = problemOf(event);
    }
  }
}

function problemOf({ why, message, problem, unreadable }: Extract<SearchEvent, { t: "end" }>): string | undefined {
  const stopped = why === undefined || why === "limit" ? undefined : t.stopped[why];
  if (stopped !== undefined)
    return message === undefined ? stopped : t.because(stopped, errorText({ message, problem }));
  return unreadable > 0 ? t.unreadable(unreadable) : undefined;
}
