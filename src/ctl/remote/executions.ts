import { type Execution, type ExecutionName, parseExecution } from "../../wire/api.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { asRecord } from "../../wire/record.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import { ApiRefusal, type Collector } from "./collector.ts";

/** What a list is narrowed to, as the API has it. */
interface ListQuery {
  readonly job?: string | undefined;
  readonly run?: string | undefined;
  readonly node?: string | undefined;
  readonly owner?: string | undefined;
  readonly state?: string | undefined;
  readonly q?: string | undefined;
}

/** The beginning of an id: its letters in any case, also as a table that had no room shows it. */
const PREFIX = /^([0-9A-HJKMNP-TV-Z]{1,26})…?$/i;
/** One of the last executions. */
const PLACE = /^@([1-9]\d{0,3})$/;
/** Executions named where a prefix fits several. */
const MAX_NAMED = 5;

/** Executions, newest first, page by page: each page is twice as long, as far as the collector gives that many. */
export async function* listExecutions(
  collector: Collector,
  query: ListQuery,
  pageSize: number = WIRE_LIMITS.defaultPageExecutions,
): AsyncGenerator<Execution> {
  let before: string | undefined;
  let limit = pageSize;
  do {
    const wanted = { ...query, before, limit };
    limit = Math.min(limit * 2, WIRE_LIMITS.maxPageExecutions);
    const page = await collector.json({ path: "/executions", query: wanted }, parsePage);
    yield* page.executions;
    before = page.next;
  } while (before !== undefined);
}

/** Whether a word may name an execution: the beginning of an id, `-`, or `@2`. */
export function mayBeId(word: string): boolean {
  return word === "-" || PLACE.test(word) || PREFIX.test(word);
}

/** The execution of an id, of the beginning of one, the newest (`-`), or one of the last (`@2`). Throws a CtlError if it is none, or several. */
export async function findExecution(collector: Collector, word: string): Promise<Execution> {
  refuseEmpty(word);
  const found = await lookUp(collector, word);
  if (found !== undefined) return found;
  const name = JSON.stringify(word);
  for await (const _ of listExecutions(collector, { job: word }, 1))
    throw new CtlError(
      `There is no execution ${name}, but a job of this name: \`mlctl ls --job ${name}\` lists its executions`,
    );
  throw new CtlError(`There is no execution ${name}. \`mlctl ls\` lists what you may see`);
}

/** Throws a UsageError for an empty word, as an unset shell variable gives: to the API it would mean everything. */
export function refuseEmpty(word: string | undefined): void {
  if (word === "") throw new UsageError('expected the name of an execution or a job, got ""');
}

/** Like `findExecution`, but undefined if there is none. */
export async function lookUp(collector: Collector, word: string): Promise<Execution | undefined> {
  const place = word === "-" ? 1 : Number(PLACE.exec(word)?.[1] ?? 0);
  if (place > 0) return byPlace(collector, place);
  const prefix = PREFIX.exec(word)?.[1]?.toUpperCase();
  if (prefix === undefined) return undefined;
  const x = parseExecutionId(prefix);
  return x === undefined ? byPrefix(collector, prefix) : byId(collector, x);
}

async function byPlace(collector: Collector, place: number): Promise<Execution | undefined> {
  let left = place;
  for await (const execution of listExecutions(collector, {}, Math.min(place, WIRE_LIMITS.maxPageExecutions))) {
    left -= 1;
    if (left === 0) return execution;
  }
  return undefined;
}

/** Its whole name as the key of a map. */
export function keyOf({
  x,
  owner,
  node,
}: {
  readonly x: string;
  readonly owner: string;
  readonly node: string;
}): string {
  return `${x} ${owner} ${node}`;
}

/** One that is known by its whole name. Rejects with an ApiRefusal, 404, if it is gone. */
export function getExecution(collector: Collector, { x, node, owner }: ExecutionName): Promise<Execution> {
  return collector.json({ path: `/executions/${x}`, query: { node, owner } }, parseExecution);
}

async function byId(collector: Collector, x: string): Promise<Execution | undefined> {
  try {
    return await collector.json({ path: `/executions/${x}` }, parseExecution);
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return undefined;
    throw error;
  }
}

async function byPrefix(collector: Collector, prefix: string): Promise<Execution | undefined> {
  const found: Execution[] = [];
  for await (const execution of listExecutions(collector, { q: prefix }, WIRE_LIMITS.maxPageExecutions)) {
    if (execution.x.startsWith(prefix)) found.push(execution);
    if (found.length > MAX_NAMED) break;
  }
  const ids = new Set(found.map(({ x }) => x));
  if (ids.size > 1) {
    const named = [...ids].slice(0, MAX_NAMED).join(", ");
    throw new CtlError(
      `${prefix} is the beginning of several ids: ${named}${ids.size > MAX_NAMED ? ", ..." : ""}. Give more of it`,
    );
  }
  return found[0];
}

/** Skips executions that this version does not understand. */
function parsePage(value: unknown): { executions: Execution[]; next: string | undefined } | undefined {
  const { executions, next } = asRecord(value) ?? {};
  if (!Array.isArray(executions)) return undefined;
  const known = executions.flatMap((each: unknown) => parseExecution(each) ?? []);
  return { executions: known, next: typeof next === "string" ? next : undefined };
}
