import type { Execution, ExecutionState } from "../../wire/api.ts";

export interface IndexQuery {
  /** Undefined: all owners. */
  readonly owner: string | undefined;
  readonly job: string | undefined;
  readonly run: string | undefined;
  readonly node: string | undefined;
  readonly state: ExecutionState | undefined;
  readonly q: string | undefined;
  readonly before: string | undefined;
  readonly limit: number;
}

/** Rows of a page: visible to the viewer, after the end of the previous page. */
export function whereOf(query: IndexQuery): { condition: string; values: Record<string, string | number> } {
  const where: string[] = [];
  const values: Record<string, string | number> = {};
  for (const name of ["owner", "job", "run", "node", "state"] as const) {
    const value = query[name];
    if (value === undefined) continue;
    where.push(`${name} = @${name}`);
    values[name] = value;
  }
  if (query.q !== undefined && query.q !== "") values["q"] = query.q.toLowerCase();
  const [startedAt, x, beforeNode, beforeOwner] = query.before?.split("/") ?? [];
  if (startedAt !== undefined && x !== undefined && beforeNode !== undefined && beforeOwner !== undefined) {
    where.push("(started_at, x, node, owner) < (@startedAt, @x, @beforeNode, @beforeOwner)");
    Object.assign(values, { startedAt, x, beforeNode, beforeOwner });
  }
  return { condition: where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`, values };
}

/** Value of `before` to continue after an execution. */
export function placeOf(execution: Execution | undefined): string | null {
  if (execution === undefined) return null;
  const { startedAt, x, node, owner } = execution;
  return `${startedAt}/${x}/${node}/${owner}`;
}
