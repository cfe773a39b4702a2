import { expect, test } from "vitest";
import { LineAnnouncer } from "../../ui/src/log/page/line-announcer.ts";

function setUp() {
  const said: number[] = [];
  const waits: { ms: number; call: () => void }[] = [];
  const after = (ms: number, call: () => void) => {
    const wait = { ms, call };
    waits.push(wait);
    return () => void waits.splice(waits.indexOf(wait), 1);
  };
  const pass = (): void => waits.shift()?.call();
  return { announcer: new LineAnnouncer({ after, say: (lines) => said.push(lines) }), said, waits, pass };
}

test("says what came since the last time, and not at every line", () => {
  const { announcer, said, waits, pass } = setUp();
  announcer.update(1_000, true);
  expect(waits).toEqual([]);
  for (const total of [1_001, 1_002, 1_012]) announcer.update(total, true);
  expect(waits.map(({ ms }) => ms)).toEqual([5_000]);
  pass();
  announcer.update(1_013, true);
  pass();
  expect(said).toEqual([12, 1]);
});

test("says nothing of lines that came while the log was not followed, or after it was left", () => {
  const { announcer, said, waits, pass } = setUp();
  announcer.update(0, true);
  announcer.update(5, true);
  announcer.update(6, false);
  expect(waits).toEqual([]);
  announcer.update(90, false);
  announcer.update(91, true);
  pass();
  announcer.update(95, true);
  announcer.close();
  expect([said, waits]).toEqual([[1], []]);
});
