import type { Execution } from "../../wire/api.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { asCount, asRecord } from "../../wire/record.ts";
import { parseStream } from "../../wire/stream-name.ts";
import type { Collector } from "./collector.ts";

/** A stored line, or a piece of one. */
export interface RemoteLine {
  readonly n: number;
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Buffer;
  /** It continues in the next piece of its stream. */
  readonly isPiece: boolean;
}

interface LineRange {
  readonly from: number;
  readonly to: number;
  /** Lines in memory. */
  readonly pageLines?: number;
}

/** Stored lines of an execution with numbers from `from` to `to`, in order. */
export async function* readLines(
  collector: Collector,
  { x, node, owner }: Pick<Execution, "x" | "node" | "owner">,
  { from, to, pageLines = WIRE_LIMITS.maxPageLines }: LineRange,
): AsyncGenerator<RemoteLine> {
  let next: number | undefined = from;
  while (next !== undefined && next <= to) {
    const limit = Math.min(pageLines, WIRE_LIMITS.maxPageLines, to - next + 1);
    const path = `/executions/${x}/lines`;
    const page: Page = await collector.json({ path, query: { node, owner, from: next, limit } }, parsePage);
    for (const line of page.lines) {
      if (line.n > to) return;
      yield line;
    }
    next = page.next;
  }
}

interface Page {
  readonly lines: readonly RemoteLine[];
  readonly next: number | undefined;
}

function parsePage(value: unknown): Page | undefined {
  const { lines, next } = asRecord(value) ?? {};
  if (!Array.isArray(lines)) return undefined;
  return { lines: lines.flatMap((each: unknown) => parseLine(each) ?? []), next: asCount(next, 1) };
}

function parseLine(value: unknown): RemoteLine | undefined {
  const { n: number, time, stream: name, text, b64, fragment } = asRecord(value) ?? {};
  const [n, stream] = [asCount(number, 1), parseStream(name)];
  if (n === undefined || stream === undefined || typeof time !== "string") return undefined;
  const bytes =
    typeof text === "string" ? Buffer.from(text) : typeof b64 === "string" ? Buffer.from(b64, "base64") : undefined;
  return bytes === undefined ? undefined : { n, time, stream, bytes, isPiece: fragment === true };
}
