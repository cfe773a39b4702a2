import { describe, expect, test } from "vitest";
import { parseLine, parseLinePage } from "../../ui/src/api-parse.ts";
import { parseLiveLines } from "../../ui/src/live-lines.ts";

const X = "01JC0000000000000000000000";
const TIME = "2026-11-20T04:17:44.960662Z";

function message(header: string, ...lines: (string | number[])[]): ArrayBuffer {
  const encoder = new TextEncoder();
  const bytes = [header, ...lines].flatMap((line) => [...(typeof line === "string" ? encoder.encode(line) : line), 10]);
  return Uint8Array.from(bytes).buffer;
}

describe("a binary message of /live", () => {
  test("is a header and CRI lines", () => {
    const data = message(
      `{"x":"${X}","node":"n1","owner":"alice","n":7,"count":2}`,
      `${TIME} stdout F one`,
      `${TIME} stderr P two ü`,
    );
    expect(parseLiveLines(data)).toEqual({
      header: { x: X, node: "n1", owner: "alice", n: 7, count: 2 },
      lines: [
        { n: 7, time: TIME, stderr: false, text: "one", fragment: false },
        { n: 8, time: TIME, stderr: true, text: "two ü", fragment: true },
      ],
    });
  });

  test("keeps bytes that are not UTF-8, as the API does", () => {
    const cri = [...new TextEncoder().encode(`${TIME} stdout F a`), 0xff, 0x00];
    const lines = parseLiveLines(
      message(`{"x":"${X}","node":"n1","owner":"alice","n":7,"count":2}`, cri, `${TIME} stdout F é`),
    )?.lines;
    expect(lines?.map(({ text }) => text)).toEqual(["a\udcff\0", "é"]);
    const b64 = btoa(String.fromCharCode(0x61, 0xff, 0x00));
    expect(parseLine({ n: 7, time: TIME, stream: "stdout", b64, fragment: false })).toEqual(lines?.[0]);
  });

  test("skips malformed lines, and keeps the others' numbers", () => {
    const data = message(
      `{"x":"${X}","node":"n1","owner":"alice","n":7,"count":3}`,
      `${TIME} stdout F a`,
      "nonsense",
      `${TIME} stdout F c`,
    );
    expect(parseLiveLines(data)?.lines.map(({ n }) => n)).toEqual([7, 9]);
  });

  test.each([
    ["no header", "nonsense"],
    ["a header of other types", `{"x":1,"node":"n1","owner":"alice","n":7,"count":2}`],
    ["a line number of 0", `{"x":"${X}","node":"n1","owner":"alice","n":0,"count":2}`],
  ])("with %s is nothing", (_, header) => {
    expect(parseLiveLines(message(header))).toBeUndefined();
  });

  test("yields its whole lines when cut short", () => {
    const data = message(
      `{"x":"${X}","node":"n1","owner":"alice","n":1,"count":2}`,
      `${TIME} stdout F a`,
      `${TIME} stdout F b`,
    );
    expect(parseLiveLines(data.slice(0, -4))?.lines.map(({ text }) => text)).toEqual(["a"]);
  });
});

test("a page of lines skips entries that are not lines", () => {
  const line = { n: 1, time: TIME, stream: "stdout", text: "a", fragment: false };
  const page = { lines: [line, { ...line, n: 0 }, { ...line, stream: "stdin" }, null], next: 5 };
  expect(parseLinePage(page)).toEqual({
    lines: [{ n: 1, time: TIME, stderr: false, text: "a", fragment: false }],
    next: 5,
  });
  expect(parseLinePage({ lines: {} })).toBeUndefined();
});
