import type { Execution, ExecutionState } from "../../wire/api.ts";
import { parsePlace, placeOf } from "../../wire/execution-place.ts";
import type { IndexRow } from "./index-row.ts";

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

export interface IndexPage {
  readonly rows: readonly IndexRow[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  /** The page has reached its limit of rows or bytes. */
  readonly isFull: boolean;
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
  const before = query.before === undefined ? undefined : parsePlace(query.before);
  if (before !== undefined) {
    const { startedAt, x, node: beforeNode, owner: beforeOwner } = before;
    where.push("(started_at, x, node, owner) < (@startedAt, @x, @beforeNode, @beforeOwner)");
    Object.assign(values, { startedAt, x, beforeNode, beforeOwner });
  }
  return { condition: where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`, values };
}

/** Where the page after this row begins; null: there is no row. */
export function placeAfter(last: Execution | undefined): string | null {
  return last === undefined ? null : placeOf(last);
}
