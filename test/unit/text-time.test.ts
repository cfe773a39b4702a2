import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "../../src/text/time/duration.ts";
import { parseTime } from "../../src/text/time/time-of.ts";

test.each([
  ["90", 90_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["2 d", 172_800_000],
  ["250ms", 250],
  [" 1w ", 604_800_000],
  ["", undefined],
  ["h", undefined],
  ["5 apples", undefined],
  ["-5m", undefined],
  ["200000w", undefined],
])("parseDuration(%j) is %j", (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each([
  [850, "850 ms"],
  [12_400, "12 s"],
  [200_000, "3 m 20 s"],
  [7_260_000, "2 h 1 m"],
  [187_200_000, "2 d 4 h"],
])("formatDuration(%j) is %j", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

const NOW = new Date(2026, 10, 30, 12, 0, 0).getTime();
const local = (...fields: [number, number, number, number?, number?, number?]): number => {
  const [year, month, day, hours = 0, minutes = 0, seconds = 0] = fields;
  return new Date(year, month, day, hours, minutes, seconds).getTime();
};

test.each([
  ["now", NOW],
  ["-10m", NOW - 600_000],
  ["11:30", local(2026, 10, 30, 11, 30)],
  ["14:05", local(2026, 10, 29, 14, 5)],
  ["yesterday", local(2026, 10, 29)],
  ["yesterday 18:00", local(2026, 10, 29, 18)],
  ["today", local(2026, 10, 30)],
  ["Nov 28 18:00", local(2026, 10, 28, 18)],
  ["december 24", local(2025, 11, 24)],
  ["ene 5 9:15", local(2026, 0, 5, 9, 15)],
  ["abr. 5", local(2026, 3, 5)],
  ["ago. 3, 18:00", local(2026, 7, 3, 18)],
  ["Sept. 3", local(2026, 8, 3)],
  ["diciembre 24", local(2025, 11, 24)],
  ["abc 5", undefined],
  ["2026-11-28", local(2026, 10, 28)],
  ["2026-11-28 18:00:30", local(2026, 10, 28, 18, 0, 30)],
  ["2026-11-28T18:00:30Z", Date.UTC(2026, 10, 28, 18, 0, 30)],
  ["2026-11-28T18:00+02:00", Date.UTC(2026, 10, 28, 16)],
  ["25:00", undefined],
  ["2026-02-30", undefined],
  ["soon", undefined],
  ["", undefined],
])("parseTime(%j) is %j", (text, at) => {
  expect(parseTime(text, NOW)).toBe(at);
});
