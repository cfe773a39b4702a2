import { useMemo } from "preact/hooks";
import type { Navigation } from "../../navigation.ts";
import { placeOfExecution } from "../../place-of.ts";
import type { ExecutionPlace, JobPlace, LogPlace, Place, TimeMode } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { LogRow } from "../feed/log-row.ts";
import { LineTime } from "./line-time.ts";
import type { RowLook } from "./row-look.ts";
import { sourceLabels } from "./source-labels.ts";

interface UseRowLookOptions {
  readonly feed: LogFeed | undefined;
  readonly place: ExecutionPlace | JobPlace;
  readonly time: TimeMode;
  /** The label beside the lines; undefined: the node. */
  readonly gutter: string | undefined;
  readonly navigation: Navigation;
  readonly adjust: (changes: Partial<LogPlace>) => void;
  readonly showOwner: boolean;
  /** What shows lines that go back; replaced when it is loaded. */
  readonly terminal: unknown;
  /** Number of executions in the feed; it only grows. */
  readonly sources: number;
  readonly words: RowLook["words"];
  readonly foundIn: RowLook["foundIn"];
  readonly near: RowLook["near"];
  readonly onOpen: RowLook["onOpen"];
  readonly onInside: RowLook["onInside"];
  readonly onFold: RowLook["onFold"];
  readonly onGroup: RowLook["onGroup"];
  readonly sideCells: RowLook["sideCells"];
}

/** The look of rows, replaced only when it changes, because a new object redraws all rows. */
export function useRowLook(options: UseRowLookOptions): RowLook {
  const {
    feed,
    place,
    time,
    gutter,
    navigation,
    adjust,
    showOwner,
    sources,
    terminal,
    words,
    foundIn,
    near,
    onOpen,
    onInside,
    onFold,
    onGroup,
    sideCells,
  } = options;
  const { view } = place;
  // A feed changes in place: the number of its sources represents them.
  return useMemo(() => {
    const executions = (feed?.sources ?? []).map((source) => source.execution);
    const startedAt = executions.map((each) => each.startedAt).sort()[0] ?? "";
    const placeOf = (row: LogRow): Place => {
      const { place: now } = navigation;
      const execution = executions[row.source];
      if (now.view === "execution") return { ...now, line: row.n, lineTo: 0 };
      return execution === undefined ? now : { ...placeOfExecution(execution, showOwner), line: row.n };
    };
    return {
      time: new LineTime(time, startedAt),
      words,
      foundIn,
      near,
      onOpen,
      onInside,
      onFold,
      onGroup,
      sideCells,
      labels: view === "job" ? sourceLabels(executions, gutter) : [],
      hrefOf: (row) => navigation.href(placeOf(row)),
      onNumber: (row, event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const { place: now } = navigation;
        if (now.view === "execution") adjust(selected(now, row.n, event.shiftKey));
        else navigation.go(placeOf(row));
      },
    };
  }, [
    feed,
    sources,
    terminal,
    view,
    gutter,
    time,
    words,
    foundIn,
    near,
    onOpen,
    onInside,
    onFold,
    onGroup,
    sideCells,
    navigation,
    adjust,
    showOwner,
  ]);
}

/** The selection after a click on a number: another line, none, or with Shift all lines from the first one. */
function selected({ line, lineTo }: LogPlace, n: number, isRange: boolean): Pick<LogPlace, "line" | "lineTo"> {
  if (!isRange || line === 0) return { line: line === n && lineTo === 0 ? 0 : n, lineTo: 0 };
  return { line: Math.min(line, n), lineTo: Math.max(line, n) };
}
