import { spawn } from "node:child_process";
import { once } from "node:events";
import { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { FrameEncoder } from "../../src/frame/encode.ts";
import { Clock } from "../../src/run/clock.ts";
import { closeWriteEnds, makeFifos } from "../../src/run/command/fifos.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { Outputs } from "../../src/run/output/outputs.ts";
import { TIMERS } from "../../src/run/timers.ts";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";

/** Lets time pass; between two milliseconds Node polls for readable data, as usual. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    vi.advanceTimersByTime(1);
    await turn();
  }
}

/** Outputs of a command that prints endlessly, held up because nobody reads the mirror. */
async function heldUp(name: string) {
  const fifos = await makeFifos(`test-${process.pid}-${name}`);
  const [shown, unused] = await makeFifos(`test-${process.pid}-${name}-shown`);
  const reader = new Socket({ fd: shown.readEnd, readable: true, writable: false });
  const other = new Socket({ fd: unused.readEnd, readable: true, writable: false });
  afterwards(() => void [reader.destroy(), other.destroy()]);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  afterwards(() => void vi.useRealTimers());
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
    clock: new Clock({ startedAtMs: performance.timeOrigin, monotonicMs: () => performance.now(), timers: TIMERS }),
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
  async function end(): Promise<void> {
    command.kill("SIGKILL");
    await once(command, "exit");
  }
  async function untilDrained(drained: Promise<void>): Promise<void> {
    let isDrained = false;
    void drained.then(() => {
      isDrained = true;
    });
    await poll("all to be read", () => {
      vi.advanceTimersByTime(1);
      return isDrained;
    });
  }
  return { outputs, reader, read, end, untilDrained };
}

test("reads what a command left in its pipe to the end, however late the mirror is read", async () => {
  const { outputs, reader, read, end, untilDrained } = await heldUp("late");
  await end();
  const drained = outputs.drained();
  await pass(3 * RUN_LIMITS.grandchildrenMs);
  reader.resume();
  await untilDrained(drained);
  expect(outputs.printed.stdout).toBeGreaterThan(read);
  expect(outputs.cutShort).toBe(false);
});

test("does not wait for the mirror's reader when asked to end while the command runs", async () => {
  const { outputs, read, end, untilDrained } = await heldUp("asked");
  expect(outputs.hurry()).toBe(false);
  await end();
  const drained = outputs.drained();
  await pass(RUN_LIMITS.grandchildrenMs);
  await untilDrained(drained);
  expect(outputs.printed.stdout).toBeGreaterThan(read);
  expect(outputs.cutShort).toBe(false);
});
