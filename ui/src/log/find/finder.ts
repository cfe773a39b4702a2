import { CRI } from "../../../../src/wire/cri.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";
import { keyOf } from "../../execution-key.ts";
import { find as t } from "../../texts/en/find.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { Direction } from "./direction.ts";
import type { FindRequest } from "./find-request.ts";
import { compareMatches, type Match, type MatchPlace } from "./match.ts";
import { matchesFrom } from "./match-pages.ts";
import { RunSteps } from "./run-steps.ts";
import { Survey } from "./survey.ts";

export interface FinderOptions {
  readonly api: Pick<ApiClient, "search">;
  readonly sources: () => readonly LogSource[];
  readonly onChange: () => void;
}

/** The current match's rank among all. */
interface MatchRank {
  readonly rank: number;
  /** Estimated from buckets, because there are too many matches to keep each. */
  readonly isAbout: boolean;
}

/** Find: counts matches over the whole log, and goes from one to the next. */
export class Finder {
  readonly #options: FinderOptions;
  #request: FindRequest | undefined;
  #survey: Survey | undefined;
  #steps: RunSteps | undefined;
  #current: Match | undefined;
  #step = new AbortController();
  /** A note on the last step: it wrapped around, or failed. */
  note = "";
  #onKnown: () => void = () => undefined;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  get survey(): Survey | undefined {
    return this.#survey;
  }

  get current(): Match | undefined {
    return this.#current;
  }

  /** The texts that the search matched in a line, if known. */
  foundIn({ n, x }: { readonly n: number; readonly x: string }): readonly string[] {
    // The page itself finds matches of plain texts.
    if (this.#request?.body["regex"] !== true) return NOTHING;
    if (this.#current?.n === n && this.#current.x === x) return this.#current.found;
    return this.#survey?.foundIn(x, n) ?? NOTHING;
  }

  /** Part of the log read so far: 0 to 1; undefined if its size is unknown. */
  get searchedPart(): number | undefined {
    const survey = this.#survey;
    const sizes = this.#options.sources().map(({ execution: { bytes, lines } }) => bytes + lines * CRI_BYTES);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return survey === undefined || total === 0 ? undefined : Math.min(1, survey.bytes / total);
  }

  /** Starts another search. */
  ask(request: FindRequest | undefined): void {
    this.cancel();
    this.#request = request;
    this.#current = undefined;
    this.note = "";
    const { api, sources } = this.#options;
    this.#steps = request === undefined || request.isOne ? undefined : new RunSteps({ api, sources, request });
    const onChange = (): void => {
      this.#noteKnown();
      this.#options.onChange();
    };
    this.#survey = request === undefined ? undefined : new Survey({ api, request, onChange });
    this.#options.onChange();
  }

  /** Ends the running search; matches found stay. */
  cancel(): void {
    this.#survey?.stop();
    this.#step.abort();
  }

  /** The nearest match beyond a place; wraps around at the log's end. */
  async go(direction: Direction, from: MatchPlace | undefined): Promise<Match | undefined> {
    const request = this.#request;
    if (request === undefined || this.#survey === undefined) return undefined;
    this.#step.abort();
    const step = new AbortController();
    this.#step = step;
    this.note = "";
    this.#options.onChange();
    const place = this.#current ?? from;
    const found = await this.#beside(direction, place, step.signal);
    const other =
      found === undefined && !step.signal.aborted ? await this.#fromOtherEnd(direction, step.signal) : found;
    if (step.signal.aborted) return undefined;
    if (found === undefined && other !== undefined) {
      this.note = direction === "next" ? t.fromTop : t.fromEnd;
    }
    this.#current = other ?? this.#current;
    this.#options.onChange();
    return other;
  }

  /** The first match at or below a place, else the last one above it. */
  async nearest(from: MatchPlace | undefined): Promise<Match | undefined> {
    const request = this.#request;
    if (request === undefined) return undefined;
    this.#step.abort();
    const step = new AbortController();
    this.#step = step;
    const start = from === undefined ? undefined : { ...from, n: from.n - 1 };
    // In several executions nothing is known until the search has reached them.
    if (!request.isOne) await this.#firstKnown(step.signal);
    const below = await this.#beside("next", start, step.signal);
    const found = below ?? (await this.#beside("previous", start, step.signal)) ?? this.#survey?.matches[0];
    if (step.signal.aborted || request !== this.#request) return undefined;
    this.#current ??= found;
    this.#options.onChange();
    return found;
  }

  get rank(): MatchRank | undefined {
    const [survey, current] = [this.#survey, this.#current];
    if (survey === undefined || current === undefined) return undefined;
    const { matches, buckets } = survey;
    const index = matches.findIndex((match) => keyOf(match) === keyOf(current) && match.n === current.n);
    if (index >= 0) return { rank: index + 1, isAbout: false };
    if (buckets === undefined) return undefined;
    const bucket = Math.floor((current.n - 1) / buckets.size);
    const before = buckets.counts.reduce((sum, [at, hits]) => (at < bucket ? sum + hits : sum), 0);
    return { rank: before + 1, isAbout: true };
  }

  async #beside(direction: Direction, place: MatchPlace | undefined, signal: AbortSignal): Promise<Match | undefined> {
    const steps = this.#stepsOfMany;
    if (steps !== undefined && place !== undefined) return this.#noted(steps.beside(direction, place, signal), signal);
    const known = place === undefined ? undefined : this.#known(direction, place);
    const request = this.#request;
    if (known !== undefined || place === undefined || request?.isOne !== true) return known;
    if (this.#survey?.isComplete === true) return undefined;
    return this.#fetch({ from: place.n + (direction === "next" ? 1 : -1), direction }, signal);
  }

  #firstKnown(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#onKnown = resolve;
      signal.addEventListener("abort", () => resolve());
      this.#noteKnown();
    });
  }

  #noteKnown(): void {
    if (this.#survey !== undefined && this.#survey.status !== "searching") this.#onKnown();
  }

  /** The next match among those kept. For one execution these are the first ones, without a gap. */
  #known(direction: Direction, place: MatchPlace): Match | undefined {
    const { matches = [], isComplete = false } = this.#survey ?? {};
    if (direction === "next") {
      const first = matches[0];
      const isInside = this.#request?.isOne !== true || isComplete || (first !== undefined && first.n <= place.n);
      const found = matches.find((match) => compareMatches(match, place) > 0);
      return isInside || found === first ? found : undefined;
    }
    const last = matches.at(-1);
    const isCovered = this.#request?.isOne !== true || isComplete || (last !== undefined && last.n >= place.n);
    return isCovered ? matches.findLast((match) => compareMatches(match, place) < 0) : undefined;
  }

  async #fromOtherEnd(direction: Direction, signal: AbortSignal): Promise<Match | undefined> {
    const steps = this.#stepsOfMany;
    if (steps !== undefined) return this.#noted(steps.fromEnd(direction, signal), signal);
    const { matches = [], isComplete = false } = this.#survey ?? {};
    if (direction === "next" && matches.length > 0) return matches[0];
    if (isComplete || this.#request?.isOne !== true) return matches.at(direction === "next" ? 0 : -1);
    const lastN = this.#options.sources()[0]?.lastN ?? 0;
    return this.#fetch({ from: direction === "next" ? 1 : lastN, direction }, signal);
  }

  async #fetch(
    at: { readonly from: number; readonly direction: Direction },
    signal: AbortSignal,
  ): Promise<Match | undefined> {
    const { api } = this.#options;
    if (this.#request === undefined) return undefined;
    const page = await this.#noted(matchesFrom(api, this.#request, { ...at, limit: 1, signal }), signal);
    return page?.matches[0];
  }

  /** Used if more matches exist than are kept: in several executions, the kept ones are not the nearest. */
  get #stepsOfMany(): RunSteps | undefined {
    const { total = 0, matches = [] } = this.#survey ?? {};
    return total > matches.length ? this.#steps : undefined;
  }

  async #noted<Found>(asked: Promise<Answer<Found>>, signal: AbortSignal): Promise<Found | undefined> {
    const answer = await asked;
    if (!answer.ok && !signal.aborted) this.note = answer.message;
    return answer.ok ? answer.value : undefined;
  }
}

const NOTHING: readonly string[] = [];

/** Bytes around each line in a log's file: its prefix and line feed. */
const CRI_BYTES = CRI.prefixCharacters + 1;
