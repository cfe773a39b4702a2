import { describe, expect, test } from "vitest";
import { firstFailure } from "../../src/store/board/first-failure.ts";
import type { RunCell } from "../../src/store/board/run-cell.ts";
import { silentOnes } from "../../src/store/board/silent-ones.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { asTime } from "../../src/wire/time.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");
const SECOND = 1_000;

let made = 0;
function cell(of: Partial<RunCell>): RunCell {
  made += 1;
  const x = makeExecutionId(NOON, new Uint8Array(16).fill(made % 256));
  const begun = { startedAt: asTime(NOON), overAt: undefined, clockMs: 0, printedAtMs: undefined };
  return { x, node: `node${made}`, state: "running", lastN: 100, ...begun, ...of };
}

const over = (state: "finished" | "failed" | "lost", afterS: number, more: Partial<RunCell> = {}): RunCell =>
  cell({ state, overAt: asTime(NOON + afterS * SECOND), ...more });

describe("what failed first", () => {
  test("is the earliest failure, or loss, whatever else has ended before it", () => {
    const all = [over("finished", 1), over("failed", 9, { code: 1 }), over("failed", 5, { code: 3 }), over("lost", 7)];
    expect(firstFailure(all)).toMatchObject({ node: all[2]?.node, state: "failed", code: 3 });
    expect(firstFailure([over("lost", 4), ...all])).toMatchObject({ state: "lost" });
    expect(firstFailure([over("finished", 1), cell({})])).toBeNull();
  });

  test("is decided by the collector's clock: differences of nodes' clocks are corrected", () => {
    const behind = over("failed", 5, { clockMs: 60 * SECOND });
    const right = over("failed", 30);
    expect(firstFailure([behind, right])?.node).toBe(right.node);
    expect(firstFailure([behind])?.at).toBe(asTime(NOON + 65 * SECOND));
  });
});

describe("a silent one", () => {
  const nowMs = NOON + 1_000 * SECOND;
  const quiet = (s: number): RunCell => cell({ printedAtMs: nowMs - s * SECOND });
  const silentNodes = (cells: readonly RunCell[]): readonly string[] =>
    silentOnes(cells, nowMs).silent.map(({ cell: { node } }) => node);

  test.each<[string, readonly RunCell[], readonly number[]]>([
    ["much quieter than the others", [quiet(1), quiet(1), quiet(42), quiet(2)], [2]],
    ["the quietest comes first", [quiet(1), quiet(1), quiet(1), quiet(42), quiet(60), quiet(1)], [4, 3]],
    ["not within ten seconds", [quiet(0), quiet(0), quiet(9)], []],
    ["not when all wait", [quiet(300), quiet(310), quiet(400)], []],
    ["not ten times quieter", [quiet(5), quiet(5), quiet(42)], []],
    ["the only one is compared with nobody", [quiet(500)], []],
    [
      "the last one that runs is compared with those that have ended",
      [over("finished", 100), over("finished", 100), quiet(42)],
      [2],
    ],
    ["failed ones are no example", [over("failed", 1), quiet(42)], []],
    ["one that is not in memory is not judged", [quiet(1), quiet(1), cell({})], []],
  ])("%s", (_, cells, expected) => {
    expect(silentNodes(cells)).toEqual(expected.map((index) => cells[index]?.node));
  });
});
