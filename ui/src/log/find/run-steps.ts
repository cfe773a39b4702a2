import { shiftTime } from "../../../../src/text/time/shift-time.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import { keyOf } from "../../execution-key.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { Direction } from "./direction.ts";
import type { FindRequest } from "./find-request.ts";
import type { Match, MatchPlace } from "./match.ts";
import { collect, LOG_ENDS } from "./match-pages.ts";

/** Matches fetched in one step, so that the next ones need no search, which reads the whole run. */
const STEP_MATCHES = 100;
interface RunStepsOptions {
  readonly api: Pick<ApiClient, "search">;
  readonly sources: () => readonly LogSource[];
  readonly request: FindRequest;
}

/** Goes from match to match of several executions by the collector's clock, if too many match to keep them all. */
export class RunSteps {
  readonly #options: RunStepsOptions;
  /** In order of time, without a gap. */
  #stretch: readonly Match[] = [];

  constructor(options: RunStepsOptions) {
    this.#options = options;
  }

  async beside(direction: Direction, at: MatchPlace, signal: AbortSignal): Promise<Answer<Match | undefined>> {
    const index = this.#stretch.findIndex((match) => keyOf(match) === keyOf(at) && match.n === at.n);
    const held = index < 0 ? undefined : this.#stretch[index + (direction === "next" ? 1 : -1)];
    if (held !== undefined) return { ok: true, value: held };
    const source = this.#options.sources().find(({ execution }) => keyOf(execution) === keyOf(at));
    const time = shiftTime(at.time, source?.execution.clockMs ?? 0);
    return this.#fetch(direction, at.n < 1 ? { time } : { time, x: at.x, n: at.n }, signal);
  }

  /** The first or the last match of all. */
  fromEnd(direction: Direction, signal: AbortSignal): Promise<Answer<Match | undefined>> {
    return this.#fetch(direction, LOG_ENDS[direction], signal);
  }

  async #fetch(direction: Direction, place: object, signal: AbortSignal): Promise<Answer<Match | undefined>> {
    const { api, request } = this.#options;
    const page = await collect(api, { ...request.body, place, direction, limit: STEP_MATCHES }, signal);
    if (!page.ok) return page;
    const { matches } = page.value;
    if (matches.length > 0) this.#stretch = direction === "next" ? matches : [...matches].reverse();
    return { ok: true, value: matches[0] };
  }
}
