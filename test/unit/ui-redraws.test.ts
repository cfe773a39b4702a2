import { describe, expect, test } from "vitest";
import { startRedraws } from "../../ui/src/redraws.ts";
import { FakeClock } from "../support/fake-clock.ts";

const FRAME_MS = 1_000 / 60;

function setUp() {
  const clock = new FakeClock();
  let draws = 0;
  const page = { isHidden: false };
  const redraws = startRedraws(
    () => {
      draws += 1;
    },
    {
      nowMs: () => clock.elapsedMs(),
      after: (ms, call) => clock.after(ms, call),
      onFrame: (call) => clock.after(FRAME_MS, call),
      isHidden: () => page.isHidden,
    },
  );
  /** Requests at a rate, for a while. Returns the draws meanwhile. */
  const request = (perSecond: number, seconds: number): number => {
    const before = draws;
    for (let at = 0; at < perSecond * seconds; at += 1) {
      redraws.redraw();
      clock.advance(1_000 / perSecond);
    }
    return draws - before;
  };
  return { clock, page, request, redraws, draws: () => draws };
}

describe("draws", () => {
  test("come with the next frame while little is printed, one for each request", () => {
    expect(setUp().request(10, 3)).toBeGreaterThanOrEqual(30);
  });

  test.each([
    { perSecond: 25, most: 12, least: 8 },
    { perSecond: 50, most: 5, least: 4 },
    { perSecond: 1_000, most: 5, least: 4 },
    { perSecond: 20_000, most: 5, least: 4 },
  ])("are at most $most a second at $perSecond requests a second", ({ perSecond, most, least }) => {
    const { request } = setUp();
    request(perSecond, 1);
    expect(request(perSecond, 5)).toBeLessThanOrEqual(5 * most + 1);
    expect(request(perSecond, 5)).toBeGreaterThanOrEqual(5 * least);
  });

  test("come with the next frame where somebody waits for them, however much is requested", () => {
    const { clock, request, redraws, draws } = setUp();
    request(1_000, 2);
    const before = draws();
    redraws.drawSoon();
    redraws.redraw();
    clock.advance(FRAME_MS + 1);
    expect(draws()).toBe(before + 1);
    clock.advance(100);
    expect(draws()).toBe(before + 1);
  });

  test("are at most two a second in a hidden tab", () => {
    const { request, page } = setUp();
    page.isHidden = true;
    request(100, 1);
    expect(request(100, 5)).toBeLessThanOrEqual(11);
  });

  test("come every second when nothing is requested, and never after the end", () => {
    const { clock, redraws, draws } = setUp();
    clock.advance(5_100);
    expect(draws()).toBe(5);
    redraws.redraw();
    redraws.stop();
    clock.advance(5_000);
    expect([draws(), clock.pending]).toEqual([5, 0]);
  });
});
