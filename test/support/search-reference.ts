import type { RunPlace } from "../../src/wire/run-lines.ts";
import type { SearchRequest } from "../../src/wire/search-request.ts";
import type { SearchCase, StoredLine } from "./search-cases.ts";

/** A line as people read it. */
interface WholeLine {
  readonly execution: number;
  readonly n: number;
  readonly lastN: number;
  readonly stream: string;
  readonly time: string;
  readonly bytes: Buffer;
  readonly long: boolean;
}

/** A line that the search must report. */
type ExpectedLine = readonly [
  t: "hit" | "context",
  execution: number,
  n: number,
  lastN: number,
  stream: string,
  time: string,
  long: boolean,
];

export interface Expected {
  readonly lines: readonly ExpectedLine[];
  readonly counts: readonly (readonly [execution: number, hits: number])[];
  readonly executions: readonly number[];
  readonly hits: number;
  readonly capped: boolean;
}

/** The result of a search, found in the plainest way: line by line, with JavaScript's own expressions. */
export function reference({ executions, request, sizes }: SearchCase): Expected {
  const whole = executions.flatMap((lines, execution) => join(lines, { execution, request, sizes }));
  const isHit = ({ bytes }: WholeLine): boolean =>
    matches(request, bytes) !== request.invert && hasOthers(request, bytes);
  const all = whole.filter(isHit);
  const numbers = [...new Set(all.map(({ execution }) => execution))];
  const { limit, show, buckets } = request;
  if (show !== "lines") {
    const executionsFound = numbers.slice(0, limit);
    const counts = executionsFound.map((number) => [number, countIn(all, number)] as const);
    const hits = counts.reduce((sum, [, count]) => sum + count, 0);
    const shownCounts = show === "counts" ? counts : [];
    return { lines: [], counts: shownCounts, executions: executionsFound, hits, capped: numbers.length > limit };
  }
  if (request.place !== undefined) return beside(all, { ...request, place: request.place });
  const shown = all.slice(0, limit);
  const isCapped = all.length > limit && !buckets;
  const hits = isCapped ? limit : all.length;
  const next = isCapped ? all[limit] : undefined;
  const read = next === undefined ? whole : whole.slice(0, whole.indexOf(next));
  return { lines: withContext(read, shown, request), counts: [], executions: [], hits, capped: isCapped };
}

/** The nearest hit on one side of a place, by time, execution and number. */
function beside(
  all: readonly WholeLine[],
  { place: { time, x, n }, direction, limit }: SearchRequest & { readonly place: RunPlace },
): Expected {
  const keyOf = (line: WholeLine) => `${line.time} ${line.execution} ${String(line.n).padStart(9, "0")}`;
  const at = x === undefined || n === undefined ? time : `${time} ${x} ${String(n).padStart(9, "0")}`;
  const isThere = (line: WholeLine) => (direction === "next" ? keyOf(line) > at : keyOf(line) < at);
  const sorted = all.filter(isThere).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const shown = (direction === "next" ? sorted : sorted.reverse()).slice(0, limit);
  const lines = shown.map(
    (line) => ["hit", line.execution, line.n, line.lastN, line.stream, line.time, line.long] as const,
  );
  return { lines, counts: [], executions: [], hits: shown.length, capped: sorted.length > limit };
}

function countIn(lines: readonly WholeLine[], number: number): number {
  return lines.filter(({ execution }) => execution === number).length;
}

/** Joins the pieces of each stream; a hole ends a line. */
function join(
  lines: readonly StoredLine[],
  { execution, request, sizes }: { execution: number } & Pick<SearchCase, "request" | "sizes">,
): WholeLine[] {
  const whole: WholeLine[] = [];
  const open = new Map<string, StoredLine[]>();
  const end = (stream: string): void => {
    const pieces = open.get(stream) ?? [];
    open.delete(stream);
    const [first, last] = [pieces[0], pieces.at(-1)];
    if (first === undefined || last === undefined) return;
    const { stream: wanted = stream, since = "", until = "9" } = request;
    if (stream !== wanted || first.time < since || first.time > until) return;
    const bytes = Buffer.concat(pieces.map(({ text }) => text));
    const shown = bytes.subarray(0, sizes.maxLineBytes);
    const long = bytes.length > shown.length;
    whole.push({ execution, n: first.n, lastN: last.n, stream, time: first.time, bytes: shown, long });
  };
  for (const [at, line] of lines.entries()) {
    if (line.n !== (lines[at - 1]?.n ?? 0) + 1) for (const stream of ["stdout", "stderr"]) end(stream);
    open.set(line.stream, [...(open.get(line.stream) ?? []), line]);
    if (!line.isPiece) end(line.stream);
  }
  for (const stream of ["stdout", "stderr"]) end(stream);
  return whole;
}

function withContext(all: readonly WholeLine[], hits: readonly WholeLine[], request: SearchRequest): ExpectedLine[] {
  const places = hits.map((hit) => all.indexOf(hit));
  const lines: ExpectedLine[] = [];
  for (const [at, line] of all.entries()) {
    const isHit = places.includes(at);
    const isNear = places.some((place) => {
      if (all[place]?.execution !== line.execution) return false;
      return at > place ? at - place <= request.after : place - at <= request.before;
    });
    const { execution, n, lastN, stream, time, long } = line;
    if (isHit || isNear) lines.push([isHit ? "hit" : "context", execution, n, lastN, stream, time, long]);
  }
  return lines;
}

/** Considers only the letters of the cases: none of them has a case of another length. */
function hasOthers({ also, word, ...request }: SearchRequest, bytes: Buffer): boolean {
  const line = bytes.toString("utf8").normalize("NFC");
  return also.every(({ text, isNot }) => {
    const isExact = request.case === "match" || (request.case === "smart" && /[A-Z]/.test(text));
    const [before, after] = word
      ? ["(?<![\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}])", "(?![\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}])"]
      : ["", ""];
    return new RegExp(`${before}${text}${after}`, isExact ? "u" : "iu").test(line) !== isNot;
  });
}

function matches(request: SearchRequest, bytes: Buffer): boolean {
  const { pattern, regex, word } = request;
  const isExact = request.case === "match" || (request.case === "smart" && /\p{Uppercase}/u.test(pattern)) === true;
  if (regex) {
    const expression = new RegExp(pattern.replace("(?-u)", ""), isExact ? "s" : "si");
    return expression.test(bytes.toString("latin1"));
  }
  const fold = (text: string) => (isExact ? [...text] : [...text].map(simpleFold));
  const line = fold(isExact && !word ? bytes.toString("latin1") : bytes.toString("utf8"));
  const needle = fold(isExact && !word ? Buffer.from(pattern).toString("latin1") : pattern);
  if (needle.length === 0) return true;
  for (let at = 0; at + needle.length <= line.length; at += 1) {
    const isHere = needle.every((character, i) => line[at + i] === character);
    const isAlone = !isWord(line[at - 1]) && !isWord(line[at + needle.length]);
    if (isHere && (!word || isAlone)) return true;
  }
  return false;
}

/** Unicode's simple case folding, for the characters in the cases. */
function simpleFold(character: string): string {
  if (character === "ſ") return "s";
  return character === "\u212a" ? "k" : character.toLowerCase();
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u.test(character);
}
