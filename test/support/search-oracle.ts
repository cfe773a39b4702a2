import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPatterns } from "../../src/search/blocks-of.ts";
import type { LogPiece } from "../../src/search/read-blocks.ts";
import { SearchTask } from "../../src/search/search-task.ts";
import type { SearchedPieces } from "../../src/search/task-port.ts";
import { tableOf } from "../../src/store/sealed/member-table.ts";
import { sealedPaths } from "../../src/store/sealed/sealed-files.ts";
import { sealLog } from "../../src/store/sealing/seal-log.ts";
import { parseSearchEvent, type SearchEvent } from "../../src/wire/search-event.ts";
import type { SearchCase, StoredLine } from "./search-cases.ts";
import { type Expected, reference } from "./search-reference.ts";

/** A change of the search's input that the comparison must notice. */
export interface Mutant {
  readonly line?: (line: StoredLine) => StoredLine;
  readonly piece?: (piece: LogPiece) => LogPiece;
  /** Changes the file of filters. */
  readonly filter?: (file: Buffer) => Buffer;
}

type OpenLog = Pick<LogPiece, "fd" | "sealed">;

/** How the executions are stored: as they came, or packed, without or with filters. */
export const FORMS = ["raw", "sealed", "filtered"] as const;
type Form = (typeof FORMS)[number];

/** Compares a search with the reference, in each of these forms of the files. Rejects at a difference. */
export async function checkSearch(
  search: SearchCase,
  { mutant = {}, forms = FORMS }: { readonly mutant?: Mutant; readonly forms?: readonly Form[] } = {},
): Promise<void> {
  for (const form of forms) {
    const stored = form === "raw" ? search : { ...search, executions: search.executions.map(lateAtEnd) };
    checkEvents(stored, await eventsOf(stored, { mutant, form }));
  }
}

/** In a packed log, only lines that came behind all others are late. */
function lateAtEnd(lines: readonly StoredLine[]): readonly StoredLine[] {
  const last = lines.findLastIndex(({ isLate }) => !isLate);
  return lines.map((line, at) => ({ ...line, isLate: at > last }));
}

function checkEvents(search: SearchCase, events: readonly SearchEvent[]): void {
  const { request } = search;
  const expected = reference(search);
  const end = events.at(-1);
  assert.equal(end?.t, "end");
  const { hits, capped } = end.t === "end" ? end : { hits: -1, capped: false };
  const { lines, counts, executions } = expected;
  assert.deepEqual(found(events), { lines, counts, executions });
  assert.equal(capped, expected.capped);
  // If only executions are named, some hits are not read.
  if (request.show !== "executions" && !capped) assert.equal(hits, expected.hits);
  checkBuckets(search, events, expected);
  if (request.regex || request.case !== "match") return;
  for (const event of events) {
    if (event.t !== "hit") continue;
    const shown = event.text ?? Buffer.from(event.b64 ?? "", "base64");
    for (const [from, to] of event.at) {
      const match = typeof shown === "string" ? shown.slice(from, to) : shown.subarray(from, to).toString();
      assert.equal(match, request.pattern);
    }
  }
}

function checkBuckets({ request }: SearchCase, events: readonly SearchEvent[], { hits }: Expected): void {
  if (!request.buckets || request.show !== "lines") return;
  const last = events.findLast((event) => event.t === "times");
  const counts = last?.t === "times" ? last.counts : [];
  assert.equal(
    counts.reduce((sum, [, count]) => sum + count, 0),
    hits,
  );
}

function found(events: readonly SearchEvent[]): Omit<Expected, "hits" | "capped"> {
  const lines: Expected["lines"][number][] = [];
  const counts: Expected["counts"][number][] = [];
  const executions: number[] = [];
  for (const event of events) {
    if (event.t === "hit" || event.t === "context") {
      const { n, lastN, stream, time, long = false } = event;
      lines.push([event.t, Number(event.x), n, lastN, stream, time, long]);
    }
    if (event.t === "count") {
      counts.push([Number(event.x), event.hits]);
      executions.push(Number(event.x));
    }
    if (event.t === "execution") executions.push(Number(event.x));
  }
  return { lines, counts, executions };
}

/** Runs the search on files as the store has them: on-time lines in one, perhaps packed, late ones in another. */
async function eventsOf(
  search: SearchCase,
  { mutant, form }: { readonly mutant: Mutant; readonly form: Form },
): Promise<SearchEvent[]> {
  const folder = mkdtempSync(join(tmpdir(), "ml-oracle-"));
  const patterns = openPatterns(search.request);
  const fds: number[] = [];
  try {
    const openFile = (path: string): number => {
      const fd = openSync(path, "r");
      fds.push(fd);
      return fd;
    };
    const open = (name: string, lines: readonly StoredLine[]): OpenLog => {
      const path = join(folder, name);
      writeFileSync(path, Buffer.concat(lines.map(criOf)));
      if (form === "raw" || name.endsWith(".late") || lines.length === 0) return { fd: openFile(path) };
      const paths = sealedPaths(path);
      const members = tableOf(sealLog({ ...paths, log: path }, search.sizes.blockBytes));
      if (mutant.filter !== undefined) writeFileSync(paths.newFilter, mutant.filter(readFileSync(paths.newFilter)));
      const filterFd = form === "filtered" ? openFile(paths.newFilter) : undefined;
      return { fd: openFile(paths.newLog), sealed: { members, filterFd } };
    };
    const todo = search.executions.map((stored, number): SearchedPieces => {
      const lines = stored.map((line) => mutant.line?.(line) ?? line);
      const [main, late] = [lines.filter(({ isLate }) => !isLate), lines.filter(({ isLate }) => isLate)];
      const files = { main: open(`${number}`, main), late: open(`${number}.late`, late) };
      const pieces = piecesOf(lines, files).map((piece) => mutant.piece?.(piece) ?? piece);
      const execution = { x: `${number}`, node: "n", owner: "o", lastN: lines.at(-1)?.n ?? 0 };
      const range = { from: 1, to: Number.MAX_SAFE_INTEGER };
      return { execution, pieces, range, isFirst: true, isLast: true, isUnreadable: false };
    });
    const events: SearchEvent[] = [];
    const port = {
      next: async () => todo.shift(),
      emit: (event: SearchEvent) => {
        const parsed = parseSearchEvent(JSON.parse(JSON.stringify(event)));
        assert.deepEqual(parsed, event);
        events.push(event);
        return true;
      },
      room: async () => undefined,
    };
    await new SearchTask(search.request, { port, patterns, sizes: search.sizes }).run();
    return events;
  } finally {
    for (const fd of [patterns.patternFd, ...(patterns.scoutFd === undefined ? [] : [patterns.scoutFd]), ...fds])
      closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

/** Runs of consecutive numbers in one file. */
function piecesOf(lines: readonly StoredLine[], files: { main: OpenLog; late: OpenLog }): LogPiece[] {
  const at = { main: 0, late: 0 };
  const pieces: LogPiece[] = [];
  let before: StoredLine | undefined;
  for (const line of lines) {
    const name = line.isLate ? "late" : "main";
    const bytes = criOf(line).length;
    const last = pieces.at(-1);
    if (last !== undefined && before?.isLate === line.isLate && before.n + 1 === line.n)
      pieces.splice(-1, 1, { ...last, bytes: last.bytes + bytes });
    else pieces.push({ ...files[name], at: at[name], bytes, n: line.n });
    at[name] += bytes;
    before = line;
  }
  const [only, another] = pieces;
  // The store reports this for an execution that is stored in one piece.
  const isWhole = only !== undefined && another === undefined && !lines.some(({ isPiece }) => isPiece);
  return isWhole ? [{ ...only, isWhole }] : pieces;
}

function criOf({ time, stream, isPiece, text }: StoredLine): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${isPiece ? "P" : "F"} `), text, Buffer.from("\n")]);
}
