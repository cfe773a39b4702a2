import { expect, test } from "vitest";
import { createSteadyClock } from "../../src/host/steady-clock.ts";

test("a steady clock starts at the time of day and advances steadily, whatever the machine's clock does", () => {
  let [wallMs, monotonicMs] = [1_700_000_000_000, 12.75];
  const nowMs = createSteadyClock(
    () => wallMs,
    () => monotonicMs,
  );
  expect(nowMs()).toBe(1_700_000_000_000);
  wallMs += 86_400_000;
  expect(nowMs()).toBe(1_700_000_000_000);
  wallMs -= 30 * 86_400_000;
  monotonicMs += 1_000;
  expect(nowMs()).toBe(1_700_000_001_000);
});
