import { expect, test } from "vitest";
import { BufferingGuess } from "../../src/run/delivery/buffering.ts";

const at = (seconds: number, idleSeconds: number, cpuSeconds: number) => ({
  atMs: seconds * 1_000,
  idleMs: idleSeconds * 1_000,
  cpuMs: cpuSeconds * 1_000,
});

test("a command is suspected once it was silent for a minute and computes", () => {
  const guess = new BufferingGuess();
  expect(guess.mayBuffer(at(50, 50, 50))).toBe(false);
  expect(guess.mayBuffer(at(60, 59.9, 60))).toBe(false);
  expect(guess.mayBuffer(at(70, 70, 61))).toBe(true);
});

test.each([
  { what: "waits", now: at(70, 70, 60.9) },
  { what: "prints", now: at(70, 5, 70) },
])("not one that $what", ({ now }) => {
  const guess = new BufferingGuess();
  guess.mayBuffer(at(60, 60, 60));
  expect(guess.mayBuffer(now)).toBe(false);
});

test("not at the first look: what it took before may be from long ago", () => {
  expect(new BufferingGuess().mayBuffer(at(70, 70, 70))).toBe(false);
});
