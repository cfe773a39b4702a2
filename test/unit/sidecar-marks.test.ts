import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SidecarMarks } from "../../src/store/execution/sidecar-marks.ts";
import { tempFolder } from "../support/temp-folder.ts";

const BEGIN = '{"t":"begin","argv":["{\\"t\\":\\"mark\\",\\"f\\":\\"main\\"}"]}';
const END = '{"t":"end","lastN":9}';
const LATE = '{"t":"mark","f":"late","at":400,"line":9,"fragments":0,"n":3,"time":"2026-11-20T04:17:44.000000Z"}';

function mark(at: number): string {
  const time = "2026-11-20T04:17:44.000000Z";
  return JSON.stringify({ t: "mark", f: "main", at, line: at / 100, fragments: 0, n: at / 100 + 1, time });
}

test.each([
  ["all of them", [BEGIN, mark(100), LATE, mark(200), END, mark(300)], [100, 200, 300]],
  ["none", [BEGIN, END], []],
  ["those since the last merge", [BEGIN, mark(100), '{"t":"merged","bytes":900}', LATE, mark(200), END], [200]],
  ["none that is half written", [BEGIN, mark(100), mark(200).slice(0, -3)], [100, undefined]],
  ["only loading tells", [BEGIN, mark(100), '{"t":"cut","f":"main","at":50}', mark(200)], undefined],
])("reads the marks of a log: %s", async (_, records, expected) => {
  const path = join(await tempFolder(), "a.meta");
  const text = records.join("\n");
  writeFileSync(path, text.endsWith("}") ? `${text}\n` : text);
  const marks = SidecarMarks.read(path);
  const places = marks && Array.from({ length: marks.length }, (_, place) => marks.at(place)?.at);
  expect(places).toEqual(expected);
});
