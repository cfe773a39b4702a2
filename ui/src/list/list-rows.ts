import type { RunSummary } from "../../../src/wire/runs.ts";
import { keyOfRun } from "../runs/run-counts.ts";
import type { ListSort } from "../url-state.ts";
import type { RunGroup } from "./group-runs.ts";

/** A row of the list: a run with its loaded executions. */
export interface ListRow extends RunGroup {
  readonly summary: RunSummary | undefined;
}

/** Runs of loaded executions and, unless filtered, other runs: one run of thousands must not hide these. */
export function listRows(
  groups: readonly RunGroup[],
  runs: readonly RunSummary[],
  of: { readonly isFiltered: boolean; readonly hasMore: boolean },
): readonly ListRow[] {
  const byKey = new Map(runs.map((run) => [keyOfRun(run), run]));
  const rows = groups.map((group) => ({ ...group, summary: byKey.get(group.key) }));
  if (of.isFiltered) return rows;
  const known = new Set(groups.map(({ key }) => key));
  const oldest = groups.at(-1)?.executions.at(-1)?.startedAt ?? "";
  const others = runs
    .filter((run) => !known.has(keyOfRun(run)) && (!of.hasMore || run.startedAt >= oldest))
    .map((run) => ({ key: keyOfRun(run), job: run.job, run: run.run, owner: run.owner, executions: [], summary: run }));
  const all = [...rows, ...others];
  return others.length === 0 ? all : all.sort((a, b) => (newestOf(a) < newestOf(b) ? 1 : -1));
}

/** Rows come newest first; any other sort moves the requested ones to the front. */
export function sortRows(rows: readonly ListRow[], sort: ListSort): readonly ListRow[] {
  if (sort === "newest") return rows;
  const weight = ({ summary, executions }: ListRow): number => {
    const [start, end] = [summary?.startedAt ?? executions.at(-1)?.startedAt ?? "", summary?.lastAt ?? ""];
    if (sort === "longest") return Date.parse(end) - Date.parse(start) || 0;
    const bad = executions.filter(({ state }) => state === "failed" || state === "lost").length;
    return summary === undefined ? bad : summary.failed + summary.lost;
  };
  return [...rows].sort((a, b) => weight(b) - weight(a));
}

function newestOf({ executions, summary }: ListRow): string {
  return executions[0]?.startedAt ?? summary?.startedAt ?? "";
}
