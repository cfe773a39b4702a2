/** A line of a merged view; `source` says which execution printed it. */
export interface MergedLine {
  readonly source: number;
  /** RFC 3339, by the clock of its node. */
  readonly time: string;
  readonly stderr: boolean;
  readonly text: string;
}

type StreamName = "stdout" | "stderr";

/** An execution whose streams are printed into those of an enclosing one, on the same node. */
export interface Enclosure {
  readonly inner: number;
  readonly outer: number;
  readonly within: { readonly [stream in StreamName]?: StreamName };
}

/** The enclosing execution may read a copy this much later, if it is busy. */
const COPIED_WITHIN_MS = 10_000;
/** A frame has the time of its first line, so a copy may look a little older than its line. */
const LOOKS_OLDER_BY_MS = 1_000;

/**
 * Finds lines of enclosing executions that repeat lines of an inner one. Each inner line accounts for one equal line of
 * the stream that it was printed into, at about the same time. So the view loses no text, and lines without a match
 * (such as one that two processes wrote together) stay.
 *
 * @param lines The lines of the view, in order of time.
 */
export function nestedCopies<L extends MergedLine>(
  lines: readonly L[],
  enclosures: readonly Enclosure[],
): ReadonlySet<L> {
  const copies = new Set<L>();
  if (enclosures.length === 0) return copies;
  const waiting = printedInto(lines, enclosures);
  for (const line of lines) {
    const equal = waiting.get(`${line.source} ${streamOf(line)}`)?.get(line.text);
    if (equal === undefined) continue;
    const readMs = Date.parse(line.time);
    while (equal.at < equal.timesMs.length && (equal.timesMs[equal.at] ?? 0) < readMs - COPIED_WITHIN_MS) equal.at += 1;
    if ((equal.timesMs[equal.at] ?? Number.POSITIVE_INFINITY) > readMs + LOOKS_OLDER_BY_MS) continue;
    equal.at += 1;
    copies.add(line);
  }
  return copies;
}

/** When equal lines were printed, in order; `at`: the first that accounts for no copy yet. */
interface Equal {
  readonly timesMs: number[];
  at: number;
}

/** Lines of inner executions, by the source and stream that they were printed into, and by their text. */
function printedInto(
  lines: readonly MergedLine[],
  enclosures: readonly Enclosure[],
): ReadonlyMap<string, ReadonlyMap<string, Equal>> {
  const by = new Map(enclosures.map((enclosure) => [enclosure.inner, enclosure]));
  const into = new Map<string, Map<string, Equal>>();
  for (const line of lines) {
    const enclosure = by.get(line.source);
    const stream = enclosure?.within[streamOf(line)];
    if (enclosure === undefined || stream === undefined) continue;
    const key = `${enclosure.outer} ${stream}`;
    const texts = into.get(key) ?? new Map<string, Equal>();
    into.set(key, texts);
    const equal = texts.get(line.text) ?? { timesMs: [], at: 0 };
    texts.set(line.text, equal);
    equal.timesMs.push(Date.parse(line.time));
  }
  return into;
}

function streamOf({ stderr }: MergedLine): StreamName {
  return stderr ? "stderr" : "stdout";
}
