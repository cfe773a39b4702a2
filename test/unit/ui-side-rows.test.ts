import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Item } from "../../ui/src/log/feed/log-row.ts";
import { makeRow } from "../../ui/src/log/feed/make-row.ts";
import { compareRows } from "../../ui/src/log/feed/row-order.ts";
import { SideRows } from "../../ui/src/log/side/side-rows.ts";

interface Printed {
  readonly source: number;
  readonly ms: number;
  readonly text: string;
}

/** Lines of several executions in order of time, numbered for each. */
function itemsOf(printed: readonly Printed[]): Item[] {
  const numbers = new Map<number, number>();
  const rows = printed.map(({ source, ms, text }) => {
    const n = (numbers.get(source) ?? 0) + 1;
    numbers.set(source, n);
    return makeRow({ n, time: new Date(ms).toISOString(), stderr: false, fragment: false, text }, source);
  });
  return rows.sort(compareRows("time"));
}

/** Each row as "a|b|": texts of its columns. */
function seen(mode: "time" | "text", printed: readonly Printed[], columns = 2): string[] {
  const rows = new SideRows().rows(itemsOf(printed), { mode, columns, nowMs: 0 });
  return rows.map((row) => {
    if (row.kind === "hole" || row.side === undefined) return "not a row of columns";
    return row.side.cells.map((cell) => (cell?.kind === "lines" ? cell.text : "")).join("|");
  });
}

const of = (source: number, ms: number, text: string): Printed => ({ source, ms, text });

describe("side by side", () => {
  test("by time: lines of one second fill each column from its top", () => {
    const printed = [of(0, 0, "a"), of(0, 1, "b"), of(0, 2, "c"), of(1, 3, "d"), of(1, 4, "e"), of(1, 1_000, "f")];
    expect(seen("time", printed)).toEqual(["a|d", "b|e", "c|", "|f"]);
  });

  test("by time: lines within a second stand beside each other, others below", () => {
    const printed = [of(0, 0, "a"), of(1, 400, "b"), of(1, 500, "c"), of(0, 5_000, "d"), of(1, 9_000, "e")];
    expect(seen("time", printed)).toEqual(["a|b", "|c", "d|", "|e"]);
  });

  test("by text: equal lines stand beside each other, whenever they were printed and whatever their numbers", () => {
    const printed = [
      ...[of(0, 0, "start"), of(0, 10, "epoch 1"), of(0, 20, "saved"), of(0, 30, "epoch 2")],
      ...[of(1, 5_000, "start"), of(1, 5_010, "warm"), of(1, 5_020, "epoch 1"), of(1, 5_030, "epoch 2")],
    ];
    expect(seen("text", printed)).toEqual(["start|start", "|warm", "epoch 1|epoch 1", "saved|", "epoch 2|epoch 2"]);
  });

  test("by text: what stands alone in a column comes at its time", () => {
    const printed = [of(1, 100, "early"), of(0, 200, "x"), of(1, 300, "late"), of(0, 400, "y")];
    expect(seen("text", printed)).toEqual(["|early", "x|", "|late", "y|"]);
  });

  test("by text: a hole stands in the column of its execution, and rows stay the same objects while nothing changes", () => {
    const hole = { kind: "hole", source: 1, n: 2, to: 4, time: new Date(250).toISOString() } as const;
    const lines = itemsOf([of(0, 0, "start"), of(1, 100, "start"), of(0, 200, "x"), of(1, 300, "late")]);
    const all = (more: readonly Item[] = []): Item[] => [...lines, { ...hole }, ...more].sort(compareRows("time"));
    const side = new SideRows();
    const before = side.rows(all(), { mode: "text", columns: 2, nowMs: 0 });
    const cellsOf = (row: Item | undefined) => (row?.kind === "lines" ? row.side?.cells : undefined);
    expect(before.map((row) => cellsOf(row)?.map((cell) => cell?.kind))).toContainEqual([undefined, "hole"]);
    expect(cellsOf(before.find((row) => cellsOf(row)?.[1]?.kind === "hole"))?.[1]).toEqual(hole);
    const after = side.rows(all(itemsOf([of(0, 9_000, "more")])), { mode: "text", columns: 2, nowMs: 5_000 });
    expect(after).toHaveLength(before.length + 1);
    for (const [at, row] of before.entries()) expect(after[at]).toBe(row);
  });

  test("shows every line once, each column in its order, and its rows rise", () => {
    const line = fc.record({
      source: fc.integer({ min: 0, max: 2 }),
      ms: fc.integer({ min: 0, max: 5_000 }),
      text: fc.constantFrom("a", "b", "c 1", "c 2"),
    });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        fc.constantFrom("time" as const, "text" as const),
        (some, mode) => {
          const printed = [...some].sort((a, b) => a.ms - b.ms);
          const items = itemsOf(printed);
          const rows = new SideRows().rows(items, { mode, columns: 3, nowMs: 0 });
          const cells = rows.flatMap((row) => (row.kind === "lines" ? (row.side?.cells ?? []) : []));
          for (const source of [0, 1, 2]) {
            const column = cells.filter((cell) => cell?.source === source).map((cell) => cell?.n);
            expect(column).toEqual(items.filter((item) => item.source === source).map(({ n }) => n));
          }
          const compare = compareRows("time");
          for (const [at, row] of rows.entries()) {
            const before = rows[at - 1];
            if (before !== undefined) expect(compare(before, row)).toBeLessThan(0);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
