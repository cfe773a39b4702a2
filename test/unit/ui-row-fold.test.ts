import { expect, test } from "vitest";
import { withRanges } from "../../src/text/fold/number-ranges.ts";
import type { Item, LogRow } from "../../ui/src/log/feed/log-row.ts";
import { makeRow } from "../../ui/src/log/feed/make-row.ts";
import { RowFold } from "../../ui/src/log/fold/row-fold.ts";

const NODES = 15;
const OPTIONS = { nameOf: (source: number) => `node${source + 1}`, sources: NODES };

function rows(printed: readonly (readonly [source: number, text: string])[]): LogRow[] {
  const counts = new Map<number, number>();
  return printed.map(([source, text]) => {
    const n = (counts.get(source) ?? 0) + 1;
    counts.set(source, n);
    return makeRow({ n, time: "2026-11-20T04:17:44.960662Z", stderr: false, text, fragment: false }, source);
  });
}

const everybody = (text: (source: number) => string): [number, string][] =>
  Array.from({ length: NODES }, (_, source) => [source, text(source)]);

const seen = (items: readonly Item[]): string[] =>
  items.flatMap((item) => (item.kind === "lines" ? [`${item.fold?.names ?? item.source} ${item.text}`] : []));

test("one row stands for what all nodes print, also where other lines stand between", () => {
  const [first, ...others] = everybody(() => "epoch 3");
  const all = rows([...(first === undefined ? [] : [first]), [4, "warming up"], ...others]);
  const fold = new RowFold();
  const items = fold.fold(all, OPTIONS);
  expect(seen(items)).toEqual(["node[1-15] epoch 3", "node5 warming up"]);
  const folds = items.map((item) => (item.kind === "lines" ? item.fold : undefined));
  expect(folds.map((each) => each?.isFew)).toEqual([false, true]);
  expect(fold.fold(all, OPTIONS)[0]).toBe(items[0]);
});

test("numbers that differ stand as a range, and the next line of a node in the next row", () => {
  const all = rows([...everybody((s) => `epoch 3 loss=0.${50 + s}`), ...everybody((s) => `epoch 4 loss=0.${70 + s}`)]);
  expect(seen(new RowFold().fold(all, OPTIONS))).toEqual([
    "node[1-15] epoch 3 loss=0.50..0.64",
    "node[1-15] epoch 4 loss=0.70..0.84",
  ]);
});

test("a row opens into its lines, each in its place, and closes again: nothing is lost", () => {
  const all = rows([
    [0, "a 1"],
    [1, "a 2"],
    [0, "b"],
    [2, "a 3"],
  ]);
  const fold = new RowFold();
  const [head] = fold.fold(all, OPTIONS);
  if (head?.kind !== "lines" || head.fold === undefined) throw new Error("Nothing is folded");
  expect(head.text).toBe("a 1..3");
  fold.toggle(head.fold.head);
  expect(seen(fold.fold(all, OPTIONS)).map((row) => row.slice(row.indexOf(" ") + 1))).toEqual([
    "a 1",
    "a 2",
    "b",
    "a 3",
  ]);
  fold.toggle(head.fold.head);
  expect(fold.fold(all, OPTIONS)).toHaveLength(2);
});

test("a rank that begins later joins the row with its own line, not the first one of its kind", () => {
  const all = rows([
    [0, "epoch 1"],
    [0, "epoch 2"],
    [1, "epoch 2"],
    [0, "epoch 3"],
    [1, "epoch 3"],
  ]);
  expect(seen(new RowFold().fold(all, OPTIONS))).toEqual(["node1 epoch 1", "node[1-2] epoch 2", "node[1-2] epoch 3"]);
});

test.each([
  [["x 5", "x 7", "x 6"], "x 5..7"],
  [["t=1.5 k", "t=1.5 k"], "t=1.5 k"],
  [["-3 of 10", "4 of 10"], "-3..4 of 10"],
  [["gpu3 is up"], "gpu3 is up"],
])("%j is %s", (texts, expected) => {
  expect(withRanges(texts)).toBe(expected);
});
