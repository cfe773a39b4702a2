import { useMemo } from "preact/hooks";
import type { Navigation } from "../../navigation.ts";
import type { ExecutionPlace, JobPlace, LogPlace, TimeMode } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import { formatTimePosition } from "../feed/log-position.ts";
import type { RowPlace } from "../feed/row-order.ts";
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
  /** The terminal for lines that move back; changes when it is loaded. */
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
    /** A line of a job as written in an address. */
    const markOf = ({ source, time, n }: RowPlace): string =>
      view === "job" ? formatTimePosition({ time, n, x: executions[source]?.x ?? "" }) : "";
    const onMark = (row: RowPlace, isRange: boolean): void => {
      const { place: now } = navigation;
      if (now.view !== "list") adjust(selected(now, { n: row.n, mark: markOf(row) }, isRange));
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
      hrefOf: (row) => {
        const { place: now } = navigation;
        const mark = markOf(row);
        return navigation.href(now.view === "list" ? now : { ...now, line: row.n, lineTo: 0, mark, top: mark });
      },
      onMark,
      onNumber: (row, event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        onMark(row, event.shiftKey);
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
  ]);
}

/**
 * The selection after a click on a number: another line, none, or with Shift all lines of the same execution from the first
 * one.
 */
function selected(
  now: LogPlace,
  { n, mark }: { readonly n: number; readonly mark: string },
  isRange: boolean,
): Pick<LogPlace, "line" | "lineTo" | "mark"> {
  const { line, lineTo } = now;
  const isSame = line > 0 && now.mark.split("_")[1] === mark.split("_")[1];
  if (isSame && isRange)
    return { line: Math.min(line, n), lineTo: Math.max(line, n), mark: n < line ? mark : now.mark };
  const isOff = isSame && line === n && lineTo === 0;
  return isOff ? { line: 0, lineTo: 0, mark: "" } : { line: n, lineTo: 0, mark };
}
