import { useCallback, useMemo, useRef } from "preact/hooks";
import type { LogPlace } from "../../url-state.ts";
import type { Item } from "../feed/log-items.ts";
import type { LogRow } from "../feed/log-row.ts";
import type { RowPlace } from "../feed/row-order.ts";
import { type Folded, foldTraces } from "../feed/trace-folds.ts";

interface UseTracesOptions {
  readonly place: Pick<LogPlace, "line" | "lineTo">;
  /** The match that Find is at. */
  readonly current: Pick<RowPlace, "source" | "n"> | undefined;
  readonly redraw: () => void;
}

interface Traces {
  readonly fold: (items: readonly Item[]) => Folded;
  readonly onFold: (head: LogRow) => void;
}

/** Stack traces under their heads; open are those that the reader opened, and where something in them is looked at. */
export function useTraces({ place, current, redraw }: UseTracesOptions): Traces {
  const toggled = useMemo(() => new WeakSet<LogRow>(), []);
  const toggles = useRef(0);
  const last = useRef<{ readonly key: string; readonly items: readonly Item[]; readonly folded: Folded } | undefined>(
    undefined,
  );
  const { line, lineTo } = place;
  const fold = (items: readonly Item[]): Folded => {
    const key = `${toggles.current} ${line} ${lineTo} ${current?.source} ${current?.n}`;
    if (last.current?.items === items && last.current.key === key) return last.current.folded;
    const folded = foldTraces(items, ({ head, rows }) => {
      const isLookedAt = rows.some(({ source, n, to }) => {
        const isMarked = n <= Math.max(line, lineTo) && to >= line && line > 0;
        return isMarked || (current?.source === source && current.n >= n && current.n <= to);
      });
      return isLookedAt || toggled.has(head);
    });
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
  return { fold, onFold };
}
