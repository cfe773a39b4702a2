import { LineScreen, SCREEN_ROWS } from "../../../../src/text/screen/line-screen.ts";
import { movesUp } from "./cursor-moves.ts";
import type { HoleRow, Item, LogRow } from "./log-row.ts";
import type { RowPlace } from "./row-order.ts";

/** Screens of regions, by first line. Regions at the end of a log grow. */
const screens = new WeakMap<LogRow, Region>();

/** Lines that are printed over each other, and the terminal that they were fed to. */
interface Region {
  readonly screen: LineScreen;
  readonly fed: LogRow[];
  shown: readonly LogRow[];
}

/**
 * Shows lines that move the cursor up (compose, several bars at once) as a terminal would: rows printed over each other
 * replace the lines that did so. All other lines remain the same objects.
 */
export function screenItems(items: readonly Item[], compare: (a: RowPlace, b: RowPlace) => number): readonly Item[] {
  const gone = new Set<Item>();
  const added: Item[] = [];
  for (const rows of streamsOf(items)) {
    for (const region of regionsOf(rows, SCREEN_ROWS)) {
      for (const row of region) gone.add(row);
      added.push(...shownIn(region));
    }
  }
  return [...items.filter((item) => !gone.has(item)), ...added].sort(compare);
}

/** The rows of each stream of each execution, up to a hole: nothing is drawn across missing lines. */
function streamsOf(items: readonly Item[]): readonly (readonly LogRow[])[] {
  const whole: LogRow[][] = [];
  const open = new Map<string, LogRow[]>();
  const end = ({ source }: HoleRow): void => {
    for (const stream of [`${source} false`, `${source} true`]) open.delete(stream);
  };
  for (const item of items) {
    if (item.kind === "hole") {
      end(item);
      continue;
    }
    const stream = `${item.source} ${item.stderr}`;
    let rows = open.get(stream);
    if (rows === undefined) {
      rows = [];
      open.set(stream, rows);
      whole.push(rows);
    }
    rows.push(item);
  }
  return whole;
}

/** Rows near one that moves up: as far as a screen is high, before and after it. */
function regionsOf(rows: readonly LogRow[], height: number): readonly (readonly LogRow[])[] {
  const regions: LogRow[][] = [];
  let [from, to] = [0, 0];
  for (const [at, row] of rows.entries()) {
    if (!movesUp(row.text)) continue;
    if (at - height > to) {
      if (to > from) regions.push(rows.slice(from, to));
      from = at - height;
    }
    to = Math.min(rows.length, at + height + 1);
  }
  if (to > from) regions.push(rows.slice(from, to));
  return regions;
}

function shownIn(rows: readonly LogRow[]): readonly LogRow[] {
  const [first] = rows;
  if (first === undefined) return [];
  const before = screens.get(first);
  const isLonger = before?.fed.every((row, at) => row === rows[at]) === true;
  const region = isLonger && before !== undefined ? before : startOf(first);
  if (isLonger && region.fed.length === rows.length) return region.shown;
  const { screen, fed } = region;
  for (const row of rows.slice(fed.length)) {
    screen.write(row.text, row.n, row.open);
    fed.push(row);
  }
  region.shown = rowsOf(region, screen);
  return region.shown;
}

function startOf(first: LogRow): Region {
  const region = { screen: new LineScreen(first.style), fed: [], shown: [] };
  screens.set(first, region);
  return region;
}

function rowsOf({ fed, shown }: Region, screen: LineScreen): readonly LogRow[] {
  const made = [...screen.takeSettled(), ...screen.rows].flatMap(({ firstN, lastN, printedBy, text, spans }) => {
    const base = firstN === undefined ? undefined : fed.findLast((row) => row.n <= firstN);
    if (base === undefined || firstN === undefined || lastN === undefined) return [];
    const lines = new Set(printedBy);
    const printed = fed.filter(({ n }) => lines.has(n));
    return [{ ...base, n: firstN, to: lastN, text, redraws: printed.length - 1, screen: { spans, printed } }];
  });
  // Settled rows were shown before, and no later line changes them.
  const settled = shown.filter((row) => row.n < (made[0]?.n ?? 0));
  const numbers = new Set<number>();
  return [...settled, ...made].filter(({ n }) => !numbers.has(n) && numbers.add(n));
}
