import { expect, test } from "vitest";
import { FrameEncoder } from "../../src/frame/encode.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { OutputFrames } from "../../src/run/output/output-frames.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** One output, and the texts of its frames so far. */
function output() {
  const clock = new FakeClock();
  const block = { bytes: Buffer.alloc(RUN_LIMITS.blockBytes), end: 0, written: 0, flushed: 0 };
  const execution = { x: "01JCABCDEFGHJKMNPQRSTVWXYZ", key: "k", node: "node1", pid: 1 };
  const has = { room: true, time: "2026-11-20T04:17:44.000000Z" };
  const frames = new OutputFrames({
    name: "stdout",
    encoder: new FrameEncoder(execution, { oneLineFrames: true }),
    delivery: { reserve: () => (has.room ? block : undefined), flush: () => {} },
    clock: {
      elapsedMs: () => clock.elapsedMs(),
      printedMs: () => clock.elapsedMs(),
      timestamp: () => has.time,
      after: (ms, call) => clock.after(ms, call),
      afterReading: (call) => clock.afterReading(call),
    },
    raw: false,
  });
  const print = (text: string) => frames.received(frames.room.write(text));
  const shown = () => {
    const text = block.bytes.toString("latin1", 0, block.end);
    return [...text.matchAll(/ b="(\d+)"[^\]]*\] \d+ /g)].map(({ 0: head, 1: bytes, index }) => {
      const at = index + head.length;
      return text.slice(at, at + Number(bytes));
    });
  };
  const times = () => block.bytes.toString("latin1", 0, block.end).match(/2026-[^ ]+Z/g);
  return { clock, print, shown, has, times, frames };
}

test("lines that had to wait for room keep the time at which they were printed", () => {
  const { print, has, times, frames } = output();
  has.room = false;
  print("a\nb\n");
  has.time = "2026-11-20T04:18:14.000000Z";
  has.room = true;
  frames.roomAgain();
  expect(times()).toEqual(["2026-11-20T04:17:44.000000Z", "2026-11-20T04:17:44.000000Z"]);
  print("c\n");
  expect(times()?.at(-1)).toBe("2026-11-20T04:18:14.000000Z");
});

test("a line without its newline is shown after a while", () => {
  const { clock, print, shown } = output();
  print("name: ");
  clock.advance(RUN_LIMITS.fragmentAfterMs - 1);
  clock.hasRead();
  expect(shown()).toEqual([]);
  clock.advance(1);
  clock.hasRead();
  expect(shown()).toEqual(["name:\\x20"]);
});

test("what waits on the socket when that while is over is read first: it may be the rest of the line", () => {
  const { clock, print, shown } = output();
  print("half");
  clock.advance(RUN_LIMITS.fragmentAfterMs);
  print(" a line\nand");
  clock.hasRead();
  expect(shown()).toEqual(["half a line"]);
  clock.advance(RUN_LIMITS.fragmentAfterMs);
  clock.hasRead();
  expect(shown()).toEqual(["half a line", "and"]);
});
