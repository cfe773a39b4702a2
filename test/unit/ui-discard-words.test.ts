import { describe, expect, test } from "vitest";
import type { Discard } from "../../src/wire/discard.ts";
import { parseDiscards, parseRefusedExecutions } from "../../src/wire/discard.ts";
import { discardWords, refusedWords } from "../../ui/src/log/feed/discard-words.ts";

const rate = { from: 11, to: 2_000_010, reason: "lines-per-second", limit: 1_000_000 } as const;

describe("the words of a hole", () => {
  test.each<[Discard, string]>([
    [rate, "2,000,000 lines not stored: your limit of 1,000,000 lines a second"],
    [{ ...rate, reason: "bytes-per-second" }, "2,000,000 lines not stored: your limit of 1.00 MB a second"],
    [{ ...rate, to: 11, reason: "bytes-on-disk" }, "1 line not stored: your limit of 1.00 MB on disk"],
    [
      { ...rate, to: 12, reason: "running-executions" },
      "2 lines not stored: your limit of 1,000,000 executions at one time",
    ],
    [
      { ...rate, to: 12, reason: "executions-per-minute" },
      "2 lines not stored: your limit of 1,000,000 executions a minute",
    ],
    [
      { ...rate, to: 12, reason: "quarantine" },
      "2 lines not stored: they came before their execution was announced, and its node may have 1.00 MB of such lines",
    ],
  ])("name the limit: %j", (discard, words) => {
    expect(discardWords({ n: 1, to: 3_000_000 }, [discard])).toBe(words);
  });

  test("are empty without discards, and count only lines inside the hole", () => {
    expect(discardWords({ n: 1, to: 10 }, [rate])).toBe("");
    expect(discardWords({ n: 1, to: 20 }, [rate])).toMatch(/^10 lines not stored/);
  });
});

test("words count executions that could not begin", () => {
  const refused = parseRefusedExecutions({ executions: 1_200, reason: "executions-per-minute", limit: 3 });
  expect(refused === undefined ? "" : refusedWords(refused)).toBe(
    "1,200 of your executions were not stored: your limit of 3 executions a minute",
  );
  expect(parseRefusedExecutions({ executions: 0, reason: "executions-per-minute", limit: 3 })).toBeUndefined();
});

describe("discards from the wire", () => {
  test.each([null, [{}], [{ ...rate, to: 10 }], [{ ...rate, reason: "mood" }], [{ ...rate, limit: -1 }]])(
    "are undefined when malformed: %j",
    (value) => expect(parseDiscards(value)).toBeUndefined(),
  );
  test("may be left out", () => expect(parseDiscards(undefined)).toEqual([]));
});
