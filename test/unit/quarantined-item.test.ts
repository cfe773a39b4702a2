import { expect, test } from "vitest";
import { decodeItems, encodeItem, type QuarantinedItem } from "../../src/store/quarantine/quarantined-item.ts";

const lines = (firstN: number, texts: readonly string[], fragments = 0): QuarantinedItem => ({
  t: "lines",
  chunk: { firstN, count: texts.length, fragments, cri: Buffer.from(texts.map((text) => `${text}\n`).join("")) },
});
const end: QuarantinedItem = { t: "end", lastN: 9, json: "{}" };
const decoded = (...items: readonly QuarantinedItem[]) => [...decodeItems(Buffer.concat(items.map(encodeItem)))];

test("lines that follow each other are one item; a gap and an end part them", () => {
  const items = [lines(1, ["a", "b"]), lines(3, ["c"], 1), lines(5, ["e"]), end, lines(6, ["f"])];
  expect(decoded(...items)).toEqual([lines(1, ["a", "b", "c"], 1), lines(5, ["e"]), end, lines(6, ["f"])]);
});

test("an item is at most 64 KiB, unless it was more when it came", () => {
  const text = "x".repeat(39_999);
  expect(decoded(lines(1, [text]), lines(2, [text]), lines(3, ["y"]))).toEqual([
    lines(1, [text]),
    lines(2, [text, "y"]),
  ]);
});

test("records before a torn one are read, those after it are not", () => {
  const whole = Buffer.concat([lines(1, ["a"]), lines(2, ["b"])].map(encodeItem));
  for (let cut = 0; cut < whole.length; cut += 1) {
    const count = [...decodeItems(whole.subarray(0, cut))].reduce(
      (n, item) => n + (item.t === "lines" ? item.chunk.count : 0),
      0,
    );
    expect(count).toBe(cut < encodeItem(lines(1, ["a"])).length ? 0 : 1);
  }
});
