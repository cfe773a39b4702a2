import type { Item, LogRow } from "../feed/log-row.ts";
import type { Folded, HeadFold, HeadLines } from "../feed/trace-folds.ts";
import { diffRows } from "./diff-rows.ts";
import { isActionsHead, isBuildkiteHead } from "./group-heads.ts";

const ACTIONS_END = "::endgroup::";

interface Group {
  readonly head: LogRow;
  readonly rows: LogRow[];
  /** Whether it ends at its end line, rather than at the next head of Buildkite. */
  readonly isActions: boolean;
}

/**
 * Folds the groups that a command prints for a CI service under their heads, where they are not open. Groups are per
 * execution, across both streams. A head that a stack trace folds under already keeps the trace.
 */
export function foldGroups(items: readonly Item[], traces: Folded, isOpen: (lines: HeadLines) => boolean): Folded {
  const groups = groupsIn(items).filter(({ head, rows }) => rows.length > 0 && !traces.folds.has(head));
  if (groups.length === 0) return traces;
  const folds = new Map<LogRow, HeadFold>(traces.folds);
  const hidden = new Set<Item>();
  for (const { head, rows } of groups) {
    const fold = { of: "group", head, rows, isOpen: isOpen({ head, rows }) } as const;
    folds.set(head, fold);
    if (!fold.isOpen) for (const row of rows) hidden.add(row);
  }
  return { items: hidden.size === 0 ? traces.items : traces.items.filter((item) => !hidden.has(item)), folds };
}

function groupsIn(items: readonly Item[]): readonly Group[] {
  const found: Group[] = [];
  let inDiffs: ReturnType<typeof diffRows> | undefined;
  const isInDiff = (row: LogRow): boolean => {
    inDiffs ??= diffRows(items);
    return inDiffs.has(row);
  };
  /** By execution. */
  const open: (Group | undefined)[] = [];
  for (const item of items) {
    if (item.kind === "hole") continue;
    const { text, source } = item;
    const group = open[source];
    const isActions = isActionsHead(text);
    if (isActions || (group?.isActions !== true && isBuildkiteHead(text) && !isInDiff(item))) {
      const begun = { head: item, rows: [], isActions };
      found.push(begun);
      open[source] = begun;
      continue;
    }
    group?.rows.push(item);
    if (group?.isActions === true && text.startsWith(ACTIONS_END)) open[source] = undefined;
  }
  return found;
}
