import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { FrameEncoder } from "../../src/frame/encode.ts";
import { Clock } from "../../src/run/clock.ts";
import { closeWriteEnds, makeFifos } from "../../src/run/fifos.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { Outputs } from "../../src/run/outputs.ts";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";

test("what a command left in its pipe is read to the end, however late what is shown is read", async () => {
  const fifos = await makeFifos(`test-${process.pid}`);
  const [shown, unused] = await makeFifos(`test-${process.pid}-shown`);
  const reader = new Socket({ fd: shown.readEnd, readable: true, writable: false });
  const other = new Socket({ fd: unused.readEnd, readable: true, writable: false });
  afterwards(() => void [reader.destroy(), other.destroy()]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  afterwards(() => void vi.useRealTimers());

  const clock = new Clock(performance.timeOrigin, () => performance.now());
  const outputs = new Outputs({
    fifos,
    mirrors: [shown.writeEnd, unused.writeEnd],
    raw: true,
    encoder: new FrameEncoder(
      { x: "01JCABCDEFGHJKMNPQRSTVWXYZ", key: "k", node: "node1", pid: 1 },
      { oneLineFrames: false },
    ),
    delivery: {
      reserve: () => ({ bytes: Buffer.alloc(RUN_LIMITS.blockBytes), end: 0, written: 0, flushed: 0 }),
      flush: () => {},
    },
    clock,
    warn: () => {},
  });
  const command = spawn("yes", [], { stdio: ["ignore", fifos[0].writeEnd, fifos[1].writeEnd] });
  closeWriteEnds(fifos);
  let read = 0;
  await poll("the mirror to be full", () => {
    vi.advanceTimersByTime(1);
    const isHeldUp = read > RUN_LIMITS.mirrorBytes && outputs.printed.stdout === read;
    read = outputs.printed.stdout;
    return isHeldUp;
  });
  command.kill("SIGKILL");
  await once(command, "exit");
  let isDrained = false;
  const drained = outputs.drained().then(() => {
    isDrained = true;
  });
  // Node looks at what can be read between two milliseconds, as it does otherwise.
  for (let ms = 0; ms < 3 * RUN_LIMITS.grandchildrenMs; ms += 1) {
    vi.advanceTimersByTime(1);
    await turn();
  }
  reader.resume();
  await poll("all to be read", () => {
    vi.advanceTimersByTime(1);
    return isDrained;
  });
  await drained;
  expect(outputs.printed.stdout).toBeGreaterThan(read);
  expect(outputs.cutShort).toBe(false);
});
