import { useEffect, useMemo } from "preact/hooks";
import { after } from "../../after.ts";
import type { ApiClient } from "../../api-client.ts";
import type { Word } from "../../text/text-matches.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import { parseLineNumber } from "../../url-state.ts";
import { usePart } from "../../use-part.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import { subscriptionTarget } from "../feed/log-target.ts";
import type { RowPlace } from "../feed/row-order.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { Direction } from "./direction.ts";
import type { FindProblem, FindRequest } from "./find-request.ts";
import type { Finder } from "./finder.ts";
import type { Match, MatchPlace } from "./match.ts";
import type { MatchFeed } from "./match-feed.ts";

interface UseFindOptions {
  readonly api: ApiClient;
  readonly feed: LogFeed | undefined;
  readonly place: ExecutionPlace | JobPlace;
  /** The row on top of the view. */
  readonly top: () => Item | undefined;
  readonly redraw: () => void;
}

/** One of the two searches of a log page. */
interface Asked {
  readonly finder: Finder | undefined;
  readonly request: FindRequest | FindProblem | undefined;
}

export interface FindState {
  readonly find: Asked;
  readonly filter: Asked;
  /** The list that replaces the log's own lines, while only matches are shown. */
  readonly matches: MatchFeed | undefined;
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  readonly words: readonly Word[];
  readonly foundIn: (row: LogRow) => readonly string[];
  /** Whether the script that searches could not be loaded. */
  readonly isLost: boolean;
  readonly go: (direction: Direction) => void;
}

const NOTHING: readonly never[] = [];

/** Find and Filter of a log page, both held in its address. */
export function useFind({ api, feed, place, top, redraw }: UseFindOptions): FindState {
  const isReady = feed?.isReady === true;
  const scope = isReady ? JSON.stringify([subscriptionTarget(feed.target), feed.target]) : "";
  const { q, find, how, stream } = place;
  const { part: engine, isLost } = usePart(loadEngine, q !== "" || find !== "" || stream !== undefined);
  const finders = useMemo(() => {
    if (engine === undefined) return { find: undefined, filter: undefined };
    const shared = { api, sources: () => feed?.sources ?? NOTHING, onChange: redraw };
    return { find: engine.finder(shared), filter: engine.finder(shared) };
  }, [api, feed, redraw, engine]);
  const requests = useMemo(() => {
    if (engine === undefined || feed === undefined || scope === "") return { find: undefined, filter: undefined };
    const { target } = feed;
    const only = target.view === "job" ? (target.only ?? []) : [];
    const input = {
      options: { case: how.includes("c") ? ("match" as const) : ("smart" as const), word: how.includes("w") },
      what: subscriptionTarget(target),
      stream,
      node: target.view === "job" ? target.node : "",
      only,
      nowMs: Date.now(),
    };
    // Find searches the shown lines, so the filter's conditions apply as well.
    const typed = find.trim() === "" ? "" : `${find} ${q}`;
    return {
      find: typed === "" ? undefined : engine.findRequest({ ...input, typed }),
      filter: q === "" && stream === undefined ? undefined : engine.findRequest({ ...input, node: "", typed: q }),
    };
  }, [engine, feed, scope, q, find, how, stream]);

  const matches = useMemo(() => {
    const { filter: request } = requests;
    if (engine === undefined || feed === undefined || request === undefined || "problem" in request) return undefined;
    return engine.matchFeed({ api, log: feed, request, after, onChange: redraw });
  }, [engine, api, feed, requests.filter, redraw]);
  useEffect(() => {
    const n = top()?.n ?? parseLineNumber(place.top);
    const isAtEnd = feed?.isFollowing !== false || n === undefined;
    void matches?.open(isAtEnd || feed.order === "time" ? { at: "end" } : { at: "line", n, align: "top" });
    return () => matches?.close();
  }, [matches]);
  matches?.grown();

  useAsking(finders.filter, requests.filter);
  useAsking(finders.find, requests.find);
  const shown: ViewedFeed | undefined = matches ?? feed;
  const show = async (match: Match | undefined): Promise<void> => {
    if (match === undefined || feed === undefined || shown === undefined) return;
    if (shown.order === "n") return shown.goTo({ at: "line", n: match.n, align: "third" });
    await feed.know(match);
    const [line] = sourceOf(feed, match)?.corrected([{ ...match, fragment: false }]) ?? [];
    return shown.open({ at: "time", time: line?.time ?? match.time, row: { x: match.x, n: match.n } });
  };
  const placeOfTop = (): MatchPlace | undefined => {
    const item = top();
    const source = item === undefined ? undefined : feed?.sources[item.source];
    if (item === undefined || source === undefined) return undefined;
    const { x, node, owner } = source.execution;
    return { x, node, owner, n: item.n, time: source.nodeTime(item.time) };
  };
  useEffect(() => {
    // An address with a line or place already decides where to be.
    if (requests.find === undefined || "problem" in requests.find || place.top !== "" || place.line > 0) return;
    void finders.find?.nearest(placeOfTop()).then(show);
  }, [requests.find, shown === undefined]);

  const current = finders.find?.current;
  const source = current === undefined ? undefined : sourceOf(feed, current);
  const currentN = current?.n;
  const currentSource = source?.index;
  const words = useMemo(() => wordsOf(requests.find) ?? wordsOf(requests.filter) ?? NOTHING, [requests]);
  const foundIn = useMemo(() => {
    return ({ source: index, n }: LogRow): readonly string[] => {
      const x = feed?.sources[index]?.execution.x;
      return x === undefined ? NOTHING : (finders.find?.foundIn({ x, n }) ?? NOTHING);
    };
  }, [feed, finders]);
  return {
    find: { finder: finders.find, request: requests.find },
    filter: { finder: finders.filter, request: requests.filter },
    matches,
    current: useMemo(
      () =>
        currentN === undefined || currentSource === undefined ? undefined : { source: currentSource, n: currentN },
      [currentN, currentSource],
    ),
    words,
    foundIn,
    isLost,
    go: (direction) => void finders.find?.go(direction, placeOfTop()).then(show),
  };
}

async function loadEngine() {
  const { FIND_ENGINE } = await import("./find-engine.ts");
  return FIND_ENGINE;
}

function useAsking(finder: Finder | undefined, request: FindRequest | FindProblem | undefined): void {
  useEffect(() => {
    finder?.ask(request === undefined || "problem" in request ? undefined : request);
    return () => finder?.cancel();
  }, [finder, request]);
}

function wordsOf(request: FindRequest | FindProblem | undefined): readonly Word[] | undefined {
  return request === undefined || "problem" in request ? undefined : request.words;
}

function sourceOf(feed: LogFeed | undefined, match: Match) {
  return feed?.sources.find(({ execution: { x, node, owner } }) => {
    return x === match.x && node === match.node && owner === match.owner;
  });
}
