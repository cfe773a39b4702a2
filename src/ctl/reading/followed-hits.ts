import type { Execution, LineRange } from "../../wire/api.ts";
import type { Target } from "../../wire/live.ts";
import { parseJson } from "../../wire/record.ts";
import { parseSearchEvent, type SearchEvent } from "../../wire/search-event.ts";
import { SEARCH_REQUEST_LIMITS, type SearchScope } from "../../wire/search-request.ts";
import { CtlError } from "../command.ts";
import { type Collector, linesOf } from "../remote/collector.ts";
import { getExecution, keyOf, listExecutions } from "../remote/executions.ts";
import { follow, fromFirst } from "./follow.ts";
import { Holes } from "./holes.ts";

/** Numbers that are searched again: late lines, and lines whose last piece had not come. */
const AGAIN_LINES = 256;

type Hit = Extract<SearchEvent, { t: "hit" }>;

interface Searched {
  /** All lines up to this number were. */
  to: number;
  /** The execution is unchanged if these are equal. */
  state: string;
  /** Numbers up to `to` of which no line had come. */
  holes: Holes;
  /** The first and last numbers of hits that a next search may find again. */
  readonly printed: Map<number, number>;
}

/** A search that goes on. */
export interface FollowedSearch {
  readonly collector: Collector;
  readonly what: Exclude<SearchScope, { readonly all: true }>;
  /** The search's request, without `what`. */
  readonly request: Readonly<Record<string, unknown>>;
  /** @param line the event as it came. */
  readonly print: (hit: Hit, line: string) => Promise<void>;
  /** It ends with these. */
  readonly maxHits: number;
}

/** Hits in lines that come after a search, each once. */
export class HitFollower {
  readonly #search: FollowedSearch;
  readonly #known: readonly Execution[];
  readonly #searched = new Map<string, Searched>();
  readonly #enough = new AbortController();
  #hits = 0;

  private constructor(search: FollowedSearch, known: readonly Execution[]) {
    this.#search = search;
    this.#known = known;
    for (const execution of known)
      this.#searched.set(keyOf(execution), {
        ...{ to: execution.lastN, state: stateOf(execution) },
        ...{ holes: holesOf(execution), printed: new Map() },
      });
  }

  /** Call it before the first search begins: later lines are searched again. */
  static async begin(search: FollowedSearch): Promise<HitFollower> {
    const { collector, what } = search;
    const known: Execution[] = [];
    if ("x" in what) known.push(await getExecution(collector, what));
    else for await (const execution of listExecutions(collector, what)) known.push(execution);
    return new HitFollower(search, known);
  }

  /** A hit of the first search. */
  know(hit: Hit): void {
    const searched = this.#searchedOf(keyOf(hit));
    if (mayComeAgain(searched, hit)) searched.printed.set(hit.n, hit.lastN);
  }

  /** Of an execution that has begun since nothing was searched. */
  #searchedOf(key: string): Searched {
    const searched = this.#searched.get(key) ?? { to: 0, state: "", holes: new Holes(), printed: new Map() };
    this.#searched.set(key, searched);
    return searched;
  }

  /** Resolves with the number of hits, the ones before included, when all have ended. Rejects with CtlError. */
  async untilEnded(hitsBefore: number): Promise<number> {
    this.#hits = hitsBefore;
    if (hitsBefore >= this.#search.maxHits) return hitsBefore;
    const { collector, what } = this.#search;
    const known = this.#known.map(fromFirst);
    const onChange = (execution: Execution): Promise<void> => this.#change(execution);
    await follow(collector, {
      what: liveTarget(what),
      known,
      wantsLines: false,
      onChange,
      signal: this.#enough.signal,
    });
    return this.#hits;
  }

  /** An execution is new or has changed. */
  async #change(execution: Execution): Promise<void> {
    const searched = this.#searchedOf(keyOf(execution));
    if (searched.state === stateOf(execution)) return;
    searched.state = stateOf(execution);
    const { x, node, owner, lastN, missing } = execution;
    const { printed } = searched;
    const ranges: LineRange[] = [
      ...searched.holes.filled(missing),
      [Math.max(1, searched.to - AGAIN_LINES + 1), Number.MAX_SAFE_INTEGER],
    ];
    const isNew = (hit: Hit): boolean => !printed.has(hit.n) && ranges.some((range) => touches(range, hit));
    // A line that a hole was in begins before it.
    const first = Math.min(...ranges.map(([from]) => from)) - AGAIN_LINES;
    for (let from: number | undefined = Math.max(1, first); from !== undefined; )
      from = await this.#searchFrom({ what: { x, node, owner }, from }, { isNew, printed });
    searched.to = Math.max(searched.to, lastN);
    searched.holes = holesOf(execution);
    for (const [n, last] of printed) if (!mayComeAgain(searched, { n, lastN: last })) printed.delete(n);
  }

  /** Returns where to go on if there are more hits. */
  async #searchFrom(
    where: object,
    { isNew, printed }: { readonly isNew: (hit: Hit) => boolean; readonly printed: Map<number, number> },
  ): Promise<number | undefined> {
    const { collector, request, print, maxHits } = this.#search;
    const body = { ...request, ...where, limit: SEARCH_REQUEST_LIMITS.maxHitsFrom };
    const answer = await collector.send({ method: "POST", path: "/search", body });
    let last = 0;
    for await (const line of linesOf(answer)) {
      const event = parseSearchEvent(parseJson(line));
      if (event?.t === "hit") {
        last = event.n;
        if (!isNew(event)) continue;
        printed.set(event.n, event.lastN);
        await print(event, line);
        this.#hits += 1;
        if (this.#hits < maxHits) continue;
        this.#enough.abort();
        return undefined;
      }
      if (event?.t !== "end" || event.why === undefined) continue;
      if (event.why === "limit") return last + 1;
      throw new CtlError(`The search of new lines ended early: ${event.message ?? event.why}`);
    }
    return undefined;
  }
}

function holesOf({ missing }: Execution): Holes {
  const holes = new Holes();
  holes.add(...missing);
  return holes;
}

/** A hit of late lines, or one whose next piece is missing, is found again when these have come. */
function mayComeAgain({ to, holes }: Searched, hit: Pick<Hit, "n" | "lastN">): boolean {
  return hit.n > to - AGAIN_LINES || holes.touch(hit.n - 1, hit.lastN + 1);
}

function touches([from, to]: LineRange, { n, lastN }: Pick<Hit, "n" | "lastN">): boolean {
  return from <= lastN && n <= to;
}

function liveTarget(what: FollowedSearch["what"]): Target {
  if ("x" in what) return what;
  const { job, run, owner } = what;
  return { job, ...(run === undefined ? {} : { run }), ...(owner === undefined ? {} : { owner }) };
}

/** Lines, holes that were filled, and its end. */
function stateOf({ lastN, lines, state, delivery }: Execution): string {
  return `${lastN} ${lines} ${state} ${delivery}`;
}
