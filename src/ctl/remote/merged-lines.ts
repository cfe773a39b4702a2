import { compareNatural } from "../../text/nodes/natural-order.ts";
import type { Execution } from "../../wire/api.ts";
import { CtlError } from "../command.ts";
import type { Collector } from "./collector.ts";
import { type RemoteLine, readLines } from "./lines.ts";

/** A line and the execution that printed it. */
interface LineOf {
  readonly execution: Execution;
  readonly line: RemoteLine;
}

interface Source {
  readonly execution: Execution;
  readonly from: number;
  readonly to: number;
}

/** Executions read at a time, and their lines in memory in all. */
export const MAX_MERGED = 4_096;
const MAX_LINES = 40_000;
const LEAST_PAGE_LINES = 16;

interface Head {
  readonly source: Source;
  readonly place: number;
  readonly lines: AsyncGenerator<RemoteLine>;
  readonly line: RemoteLine;
  readonly atMs: number;
}

/** Stored lines of several executions by time, on the collector's clock where their nodes' are known to differ. */
export async function* mergedLines(collector: Collector, sources: readonly Source[]): AsyncGenerator<LineOf> {
  if (sources.length > MAX_MERGED)
    throw new CtlError(
      `Cannot merge ${sources.length} executions, limit is ${MAX_MERGED}: narrow it with --run or --node`,
    );
  const pageLines = Math.max(LEAST_PAGE_LINES, Math.floor(MAX_LINES / Math.max(1, sources.length)));
  // The next one to print is the last.
  const heads: Head[] = [];
  const sorted = sources.toSorted((a, b) => inOrder(a.execution, b.execution));
  for (const [place, source] of sorted.entries()) {
    const { execution, from, to } = source;
    const lines = readLines(collector, execution, { from, to, pageLines });
    const head = await nextHead({ source, place, lines });
    if (head !== undefined) insert(heads, head);
  }
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield { execution: head.source.execution, line: head.line };
    const next = await nextHead(head);
    if (next !== undefined) insert(heads, next);
  }
}

/** By the nature of their nodes' names, then by their starts. */
export function inOrder(a: Execution, b: Execution): number {
  return compareNatural(a.node, b.node) || (a.x < b.x ? -1 : 1);
}

/** When a line was printed, by the collector's clock, in milliseconds. */
export function printedAtMs({ clockMs = 0 }: Pick<Execution, "clockMs">, line: Pick<RemoteLine, "time">): number {
  // Microseconds count: of the last six digits, Date.parse reads three.
  return Date.parse(line.time) + Number(line.time.slice(23, 26)) / 1_000 + clockMs;
}

async function nextHead({ source, place, lines }: Pick<Head, "source" | "place" | "lines">): Promise<Head | undefined> {
  const { value: line, done } = await lines.next();
  if (done === true) return undefined;
  return { source, place, lines, line, atMs: printedAtMs(source.execution, line) };
}

function insert(heads: Head[], head: Head): void {
  let [low, high] = [0, heads.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = heads[middle];
    const isBefore = other !== undefined && (other.atMs - head.atMs || other.place - head.place) > 0;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  heads.splice(low, 0, head);
}
