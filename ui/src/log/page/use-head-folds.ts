import { useCallback, useMemo, useRef, useState } from "preact/hooks";
import { usePart } from "../../use-part.ts";
import type { Item, LogRow } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";
import { type Folded, foldTraces, type HeadLines } from "../feed/trace-folds.ts";
import { isActionsHead, isBuildkiteHead } from "../fold/group-heads.ts";
import { isMarked, type MarkedLines } from "../view/marked-lines.ts";

interface HeadFoldsOptions {
  readonly marked: MarkedLines;
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  readonly redraw: () => void;
}

interface HeadFolds {
  readonly fold: (items: readonly Item[]) => Folded;
  readonly onFold: (head: LogRow) => void;
  readonly isLost: boolean;
}

/**
 * Stack traces and groups under their heads. A trace is open if the reader opened it, a group until the reader folds it,
 * and both if they contain a marked line or the current match. Groups are unfolded until their script is loaded.
 */
export function useHeadFolds({ marked, current, redraw }: HeadFoldsOptions): HeadFolds {
  const [hasGroups, setGroups] = useState(false);
  const { part: groups, isLost } = usePart(loadGroups, hasGroups);
  const toggled = useMemo(() => new WeakSet<LogRow>(), []);
  const toggles = useRef(0);
  const last = useRef<{ readonly key: string; readonly items: readonly Item[]; readonly folded: Folded } | undefined>(
    undefined,
  );
  const { source: of, from, to } = marked;
  const fold = (items: readonly Item[]): Folded => {
    const key = `${groups === undefined} ${toggles.current} ${of} ${from} ${to} ${current?.source} ${current?.n}`;
    if (last.current?.items === items && last.current.key === key) return last.current.folded;
    const isLookedAt = ({ rows }: HeadLines): boolean =>
      rows.some((row) => {
        const isFound = current?.source === row.source && current.n >= row.n && current.n <= row.to;
        return isFound || isMarked(row, marked);
      });
    // Set while drawing: the page is redrawn, and then loads the script.
    if (!hasGroups && items.some(isGroupHead)) setGroups(true);
    const traces = foldTraces(items, (lines) => toggled.has(lines.head) || isLookedAt(lines));
    const folded = groups?.(items, traces, (lines) => !toggled.has(lines.head) || isLookedAt(lines)) ?? traces;
    last.current = { key, items, folded };
    return folded;
  };
  const onFold = useCallback(
    (head: LogRow): void => {
      if (!toggled.delete(head)) toggled.add(head);
      toggles.current += 1;
      redraw();
    },
    [toggled, redraw],
  );
  return { fold, onFold, isLost };
}

function isGroupHead(item: Item): boolean {
  return item.kind === "lines" && (isActionsHead(item.text) || isBuildkiteHead(item.text));
}

async function loadGroups() {
  const { foldGroups } = await import("../fold/group-folds.ts");
  return foldGroups;
}
