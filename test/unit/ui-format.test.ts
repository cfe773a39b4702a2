import { describe, expect, test } from "vitest";
import { PLAIN } from "../../src/text/screen/style.ts";
import { formatBytes, formatDuration } from "../../ui/src/format.ts";
import { LineTime } from "../../ui/src/log/view/line-time.ts";
import { hueOf } from "../../ui/src/log/view/node-hue.ts";
import { contrast, paletteRgb, readableOn } from "../../ui/src/text/contrast.ts";
import { markMatches } from "../../ui/src/text/text-matches.ts";
import { frame } from "../../ui/src/texts/en/frame.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.00 kB"],
  [9_999, "10.0 kB"],
  [123_456, "123 kB"],
  [999_500, "1.00 MB"],
  [7_200_000_000, "7.20 GB"],
])("%d bytes", (bytes, words) => {
  expect(formatBytes(bytes)).toBe(words);
});

test.each([
  [-5, "0.0 s"],
  [420, "0.4 s"],
  [12_900, "12 s"],
  [187_000, "3 min 07 s"],
  [7_500_000, "2 h 05 min"],
  [273_600_000, "3 d 04 h"],
])("%d ms", (ms, words) => {
  expect(formatDuration(ms)).toBe(words);
});

test("lines in words", () => {
  expect([frame.lines(1), frame.lines(1_234)]).toEqual(["1 line", "1,234 lines"]);
});

describe("the time of a line", () => {
  const startedAt = "2026-11-20T04:17:44.960662Z";
  test.each([
    ["utc", "2026-11-20T04:17:45.001002Z", "04:17:45.001"],
    ["off", "2026-11-20T04:17:45.001002Z", ""],
    ["relative", "2026-11-20T04:17:45.961000Z", "+1.001"],
    ["relative", "2026-11-20T04:19:46.960999Z", "+2:02.000"],
    ["relative", "2026-11-21T06:17:44.960662Z", "+26:00:00.000"],
    ["relative", "2026-11-20T04:17:43.960662Z", "-1.000"],
  ] as const)("%s: %s", (mode, time, words) => {
    expect(new LineTime(mode, startedAt).format(time)).toBe(words);
  });

  test("is local by default", () => {
    const at = new Date("2026-11-20T04:17:45.001Z");
    const hours = String(at.getHours()).padStart(2, "0");
    const minutes = String(at.getMinutes()).padStart(2, "0");
    const time = new LineTime("local", startedAt);
    expect(time.format("2026-11-20T04:17:45.001002Z")).toBe(`${hours}:${minutes}:45.001`);
    expect(time.format("2026-11-20T04:17:59.999999Z")).toBe(`${hours}:${minutes}:59.999`);
  });
});

describe("a program's own colours", () => {
  test("are xterm's", () => {
    expect([16, 21, 208, 231, 232, 255].map(paletteRgb)).toEqual([
      0x000000, 0x0000ff, 0xff8700, 0xffffff, 0x080808, 0xeeeeee,
    ]);
  });

  test("change only as much as readability needs", () => {
    const paper = { background: 0x0d1117, towards: 0xffffff };
    for (let index = 16; index < 256; index += 1) {
      expect(contrast(readableOn(paletteRgb(index), paper), paper.background)).toBeGreaterThanOrEqual(4.5);
    }
    expect(readableOn(0x7ee787, paper)).toBe(0x7ee787);
  });
});

describe("a search term", () => {
  const segment = (text: string) => ({ text, style: PLAIN });

  test("is marked, across pieces of different colours", () => {
    const marked = markMatches([segment("an Err"), segment("or, error")], [{ text: "ERROR", isExact: false }]);
    expect(marked.map(({ text, marked: isMarked }) => (isMarked ? `[${text}]` : text))).toEqual([
      "an ",
      "[Err]",
      "[or]",
      ", ",
      "[error]",
    ]);
  });

  test("is marked in its case only, in either form of its letters, and together with what overlaps it", () => {
    const words = [
      { text: "Ab", isExact: true },
      { text: "bc", isExact: false },
      { text: "caf\u00e9", isExact: false },
    ];
    const marked = markMatches([segment("ab Abc cafe\u0301")], words).filter((each) => each.marked);
    expect(marked.map(({ text }) => text)).toEqual(["Abc", "cafe\u0301"]);
  });

  test("that does not occur leaves the text whole", () => {
    expect(markMatches([segment("abc")], [{ text: "x", isExact: false }])).toEqual([
      { ...segment("abc"), marked: false },
    ]);
  });
});

test("a node has the same colour at every visit", () => {
  expect(hueOf("gpu-01")).toBe(hueOf("gpu-01"));
  expect(new Set(["gpu-01", "gpu-02", "gpu-03", "gpu-04"].map(hueOf)).size).toBeGreaterThan(2);
});
