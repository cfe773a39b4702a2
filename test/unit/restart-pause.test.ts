import { expect, test } from "vitest";
import { pauseIfRestarted } from "../../src/ctl/check/restart-pause.ts";

test.each([
  ["started by hand is not delayed", 0, []],
  ["that systemd starts again by itself waits half a minute", 1, [30_000]],
])("a unit %s", async (_, restarts, expected) => {
  const pauses: number[] = [];
  await pauseIfRestarted("x.service", {
    restartsOf: async () => restarts,
    pause: async (ms) => void pauses.push(ms),
  });
  expect(pauses).toEqual(expected);
});
