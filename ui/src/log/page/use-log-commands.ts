import { asTime } from "../../../../src/wire/time.ts";
import type { LogPlace, TimeMode } from "../../url-state.ts";
import { TIME_MODES } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { ViewedFeed } from "../feed/viewed-feed.ts";
import type { Direction } from "../find/direction.ts";
import type { LogControls } from "../view/log-view.tsx";
import type { LogCommand } from "./log-keys.ts";
import type { Goto, GotoScope } from "./parse-goto.ts";
import { useLogKeys } from "./use-log-keys.ts";

interface LogCommandsOptions {
  readonly feed: LogFeed | undefined;
  /** The log's own lines, or its matches. */
  readonly shown: ViewedFeed | undefined;
  readonly view: { readonly current: LogControls | null };
  readonly wrap: boolean;
  readonly time: TimeMode;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly onStep: (direction: Direction) => void;
  readonly onHelp: () => void;
  readonly onMark: (isRange: boolean) => void;
}

export interface LogCommands {
  readonly goTo: (to: Exclude<Goto, { is: "problem" }>) => void;
  readonly gotoScope: () => GotoScope;
}

/** The commands of keys on a log's page, and of the field that goes to a place. */
export function useLogCommands(options: LogCommandsOptions): LogCommands {
  const { feed, shown, view, wrap, time, adjust, onStep, onHelp, onMark } = options;
  const goTo = (to: Exclude<Goto, { is: "problem" }>): void => {
    if (feed === undefined || shown === undefined) return;
    // While nothing is known, a part of the log has no place.
    if (to.is === "part" && feed.sources.length === 0) return;
    const lastN = feed.sources[0]?.lastN ?? 0;
    if (to.is === "line" || (to.is === "part" && feed.order === "n")) {
      const n = to.is === "line" ? to.n : Math.max(1, Math.round(lastN * to.part));
      adjust({ line: n, lineTo: 0 });
      void shown.goTo({ at: "line", n, align: "third" });
      return;
    }
    const [startMs, endMs] = timesOf(feed);
    const atMs = to.is === "time" ? to.atMs : startMs + (endMs - startMs) * to.part;
    void shown.open({ at: "time", time: asTime(atMs), row: undefined });
  };
  const gotoScope = (): GotoScope => ({
    endMs: feed === undefined ? Date.now() : timesOf(feed)[1],
    hasNumbers: feed?.order === "n",
  });
  const obey = (command: LogCommand): void => {
    switch (command.is) {
      case "scroll":
        view.current?.scrollRows(command.rows);
        break;
      case "page":
        view.current?.scrollPages(command.pages);
        break;
      case "start":
        void shown?.goToStart();
        break;
      case "end":
        void shown?.goToEnd();
        break;
      case "goto":
        document.querySelector<HTMLInputElement>("[data-goto]")?.select();
        break;
      case "step":
        onStep(command.direction);
        break;
      case "mark":
        onMark(command.isRange);
        break;
      case "wrap":
        adjust({ wrap: !wrap });
        break;
      case "time":
        adjust({ time: nextTimeMode(time) });
        break;
      case "help":
        onHelp();
        break;
    }
  };
  useLogKeys(obey);
  return { goTo, gotoScope };
}

/** From the first execution's start to the last one's end, or to now while one runs. */
function timesOf({ sources, isLive }: LogFeed): readonly [startMs: number, endMs: number] {
  const starts = sources.map(({ execution }) => Date.parse(execution.startedAt));
  const ends = sources.map(({ execution: { endedAt } }) => (endedAt === null ? Number.NaN : Date.parse(endedAt)));
  const ended = Math.max(...ends.filter((ms) => !Number.isNaN(ms)));
  return [Math.min(...starts), isLive || !Number.isFinite(ended) ? Date.now() : ended];
}

function nextTimeMode(time: TimeMode): TimeMode {
  return TIME_MODES[(TIME_MODES.indexOf(time) + 1) % TIME_MODES.length] ?? "local";
}
