/** Lines `from` to `to` (exclusive, from 0) of each side that are not equal. One of them may be empty. */
export interface Change {
  readonly a: readonly [from: number, to: number];
  readonly b: readonly [from: number, to: number];
}

/** Most edits between two anchors; beyond, the whole part counts as changed. Memory grows with its square. */
const MAX_EDITS = 1_000;

/**
 * The differences between two lists of lines, in order: `a` and `b` are equal once their parts of the changes are
 * removed. Lines that occur once on each side are anchors (patience diff); between them it finds the fewest edits
 * (Myers, 1986).
 */
export function lineDiff(a: readonly string[], b: readonly string[]): Change[] {
  const numbers = new Map<string, number>();
  const numbered = (lines: readonly string[]): Int32Array =>
    Int32Array.from(lines, (line) => {
      const number = numbers.get(line) ?? numbers.size;
      numbers.set(line, number);
      return number;
    });
  const [left, right] = [numbered(a), numbered(b)];
  const changes: Change[] = [];
  const parts: [number, number, number, number][] = [[0, left.length, 0, right.length]];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    let [fromA, toA, fromB, toB] = part;
    while (fromA < toA && fromB < toB && left[fromA] === right[fromB]) {
      fromA += 1;
      fromB += 1;
    }
    while (fromA < toA && fromB < toB && left[toA - 1] === right[toB - 1]) {
      toA -= 1;
      toB -= 1;
    }
    if (fromA === toA && fromB === toB) continue;
    const region = { left, right, fromA, toA, fromB, toB };
    const anchors = fromA === toA || fromB === toB ? [] : anchorsOf(region);
    if (anchors.length === 0) {
      for (const change of fewestEdits(region)) add(changes, change);
      continue;
    }
    // The first part is taken last, from the end of the list, so changes come in order.
    const between: [number, number, number, number][] = [];
    for (const [atA, atB] of anchors) {
      between.push([fromA, atA, fromB, atB]);
      [fromA, fromB] = [atA + 1, atB + 1];
    }
    between.push([fromA, toA, fromB, toB]);
    parts.push(...between.reverse());
  }
  return changes;
}

interface Region {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}

/** Appends a change; one that touches the last is merged into it. */
function add(changes: Change[], change: Change): void {
  const last = changes.at(-1);
  if (last === undefined || last.a[1] !== change.a[0] || last.b[1] !== change.b[0]) changes.push(change);
  else changes.splice(-1, 1, { a: [last.a[0], change.a[1]], b: [last.b[0], change.b[1]] });
}

/** The longest list of lines that occur once on each side, in the order of both. */
function anchorsOf({ left, right, fromA, toA, fromB, toB }: Region): [number, number][] {
  const places = new Map<number, { a: number; b: number; countA: number; countB: number }>();
  for (let at = fromA; at < toA; at += 1) {
    const line = left[at] ?? -1;
    const place = places.get(line);
    if (place === undefined) places.set(line, { a: at, b: -1, countA: 1, countB: 0 });
    else place.countA += 1;
  }
  for (let at = fromB; at < toB; at += 1) {
    const place = places.get(right[at] ?? -1);
    if (place === undefined) continue;
    place.b = at;
    place.countB += 1;
  }
  const unique = [...places.values()].filter(({ countA, countB }) => countA === 1 && countB === 1);
  return longestRising(unique.map(({ a, b }) => [a, b]));
}

/** Sorts into piles, as in patience: each pair knows its predecessor. */
function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const tops: number[] = [];
  const before: number[] = [];
  for (const [i, [, b]] of pairs.entries()) {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tops[middle] ?? 0]?.[1] ?? 0) < b) low = middle + 1;
      else high = middle;
    }
    before[i] = low === 0 ? -1 : (tops[low - 1] ?? -1);
    tops[low] = i;
  }
  const found: [number, number][] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = before[at] ?? -1) {
    const pair = pairs[at];
    if (pair !== undefined) found.push(pair);
  }
  return found.reverse();
}

function fewestEdits(region: Region): Change[] {
  const { left, right, fromA, toA, fromB, toB } = region;
  const [lengthA, lengthB] = [toA - fromA, toB - fromB];
  const whole: Change[] = [{ a: [fromA, toA], b: [fromB, toB] }];
  if (lengthA === 0 || lengthB === 0) return whole;
  const most = Math.min(MAX_EDITS, lengthA + lengthB);
  const offset = most + 1;
  const furthest = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    trace.push(furthest.slice(offset - edits - 1, offset + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const [down, across] = [furthest[offset + k + 1] ?? 0, furthest[offset + k - 1] ?? 0];
      let x = k === -edits || (k !== edits && across < down) ? down : across + 1;
      while (x < lengthA && x - k < lengthB && left[fromA + x] === right[fromB + x - k]) x += 1;
      furthest[offset + k] = x;
      if (x >= lengthA && x - k >= lengthB) return traced(trace, region);
    }
  }
  return whole;
}

/** Walks back from the end, edit by edit. */
function traced(trace: readonly Int32Array[], { fromA, toA, fromB, toB }: Region): Change[] {
  const steps: Change[] = [];
  let [x, y] = [toA - fromA, toB - fromB];
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const furthest = trace[edits];
    const at = (k: number): number => furthest?.[k + edits + 1] ?? 0;
    const k = x - y;
    const isDown = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const beforeK = isDown ? k + 1 : k - 1;
    const [beforeX, beforeY] = [at(beforeK), at(beforeK) - beforeK];
    const [a, b] = [fromA + beforeX, fromB + beforeY];
    steps.push(isDown ? { a: [a, a], b: [b, b + 1] } : { a: [a, a + 1], b: [b, b] });
    [x, y] = [beforeX, beforeY];
  }
  const changes: Change[] = [];
  for (const step of steps.reverse()) add(changes, step);
  return changes;
}
