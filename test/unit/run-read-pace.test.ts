import { expect, test } from "vitest";
import { ReadPace } from "../../src/run/output/read-pace.ts";

const SMALL = 8_192;
const FULL = 65_536;

test("follows a lone read with the next at once", () => {
  const pace = new ReadPace();
  for (const nowMs of [0, 2, 4, 100]) expect(pace.after(SMALL, nowMs)).toBe(0);
});

test("small reads of one burst are a millisecond apart", () => {
  const pace = new ReadPace();
  pace.after(SMALL, 0);
  expect(pace.after(SMALL, 0.1)).toBe(1);
  expect(pace.after(4 * SMALL, 1.2)).toBe(1);
});

test("a command that fills the FIFO does not wait for the next read", () => {
  const pace = new ReadPace();
  for (const nowMs of [0, 0.1, 0.2]) expect(pace.after(FULL, nowMs)).toBe(0);
});

test("a pause in which the FIFO became full is not followed by another at once", () => {
  const pace = new ReadPace();
  pace.after(SMALL, 0);
  expect(pace.after(SMALL, 0.1)).toBe(1);
  expect(pace.after(FULL, 1.2)).toBe(0);
  for (const nowMs of [1.3, 1.4, 1.5, 1.6]) expect(pace.after(SMALL, nowMs)).toBe(0);
  expect(pace.after(SMALL, 1.7)).toBe(1);
});
