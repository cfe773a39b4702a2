import type { ExecutionState } from "../../../../src/wire/api.ts";
import type { Board } from "../../../../src/wire/board.ts";
import { frame } from "../../texts/en/frame.ts";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";

interface PageTitle {
  readonly title: string;
  readonly state: ExecutionState | undefined;
}

/** The title and state of a page: "rank 11 - train-llm" once that has failed first. */
export function titleOf(
  place: ExecutionPlace | JobPlace,
  feed: LogFeed | undefined,
  board: Board | undefined,
): PageTitle {
  if (place.view === "execution") {
    const execution = feed?.sources[0]?.execution;
    return { title: execution?.command ?? place.x, state: execution?.state };
  }
  const { job } = place;
  if (board === undefined || board.job !== job || board.run !== feed?.run) return { title: job, state: undefined };
  const { first, cells } = board;
  if (first !== null) {
    const name = first.rank === undefined ? first.node : frame.rank(first.rank);
    return { title: `${name} - ${job}`, state: first.state };
  }
  return { title: job, state: cells.some(({ state }) => state === "running") ? "running" : "finished" };
}
