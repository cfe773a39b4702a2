import { useCallback } from "preact/hooks";
import type { ExecutionPlace, JobPlace } from "../../url-state.ts";
import type { LogFeed } from "../feed/log-feed.ts";
import type { LogRow } from "../feed/log-row.ts";
import { type Folded, NO_FOLDS } from "../feed/trace-folds.ts";
import type { FindState } from "../find/use-find.ts";
import { useRowFold } from "../fold/use-row-fold.ts";
import { type Side, useSide } from "../side/use-side.ts";
import type { MarkedLines } from "../view/marked-lines.ts";
import type { NodeLabel } from "../view/row-look.ts";
import { useHeadFolds } from "./use-head-folds.ts";

interface ShownItemsOptions {
  readonly feed: LogFeed | undefined;
  readonly place: ExecutionPlace | JobPlace;
  readonly marked: MarkedLines;
  /** The label beside the lines; undefined: the node. */
  readonly gutter: string | undefined;
  readonly found: Pick<FindState, "current" | "matches">;
  readonly redraw: () => void;
}

interface ShownItems {
  /** The items that the view shows of a feed: its rows, its matches, or rows that each represent many lines. */
  readonly of: (feed: LogFeed, labels: readonly NodeLabel[]) => Folded;
  readonly side: Side | undefined;
  /** Whether the script of the choice could not be loaded: then rows are shown one by one. */
  readonly isLost: boolean;
  readonly onFold: (head: LogRow) => void;
  readonly onGroup: (head: LogRow) => void;
}

/** The rows of a page: matches, columns beside each other, folded lines, or all with traces and groups under their heads. */
export function useShownItems({ feed, place, marked, gutter, found, redraw }: ShownItemsOptions): ShownItems {
  const { current, matches } = found;
  const heads = useHeadFolds({ marked, current, redraw });
  const job = place.view === "job" && matches === undefined ? place : undefined;
  const isFolded = job?.fold === true;
  const { fold, isLost: isFoldLost } = useRowFold({ feed, gutter, isWanted: isFolded });
  const { side, isLost: isSideLost } = useSide(feed, job?.side);
  const onGroup = useCallback(
    (head: LogRow): void => {
      fold?.toggle(head);
      redraw();
    },
    [fold, redraw],
  );
  const of = (ready: LogFeed, labels: readonly NodeLabel[]): Folded => {
    if (matches !== undefined) return { items: matches.items, folds: NO_FOLDS };
    const [all, { length }] = [ready.items(), ready.sources];
    if (side !== undefined && job?.side !== undefined) {
      const options = { mode: job.side, columns: length, nowMs: Date.now() };
      return { items: side.rows.rows(all, options), folds: NO_FOLDS };
    }
    if (!isFolded) return heads.fold(all);
    const nameOf = (source: number): string => labels[source]?.text ?? "";
    return { items: fold?.fold(all, { nameOf, sources: length }) ?? all, folds: NO_FOLDS };
  };
  return { of, side, isLost: heads.isLost || isFoldLost || isSideLost, onFold: heads.onFold, onGroup };
}
