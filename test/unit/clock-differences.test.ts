import { describe, expect, test } from "vitest";
import { createMetrics } from "../../src/host/metrics.ts";
import { ClockDifferences } from "../../src/ingest/figures/clock-differences.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");

/** The collector's clock is in the test's hands; a report is written by a node's clock. */
function begun() {
  let nowMs = NOON;
  const metrics = createMetrics();
  const clocks = new ClockDifferences({ metrics, nowMs: () => nowMs, wallMs: () => nowMs });
  const report = (behindMs: number, options: { wayMs?: number; frames?: number; part?: "memory" | "disk" } = {}) => {
    const { wayMs = 3, frames = 1, part = "memory" } = options;
    const time = new Date(nowMs - wayMs - behindMs).toISOString().replace("Z", "123+00:00");
    clocks.update("node1", time, { part, frames, mostFrames: frames, discarded: 0 });
  };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { clocks, metrics, report, wait };
}

describe("the difference of a node's clock", () => {
  test.each([
    ["behind", 2_500, 2_503],
    ["ahead", -2_500, -2_497],
    ["equal, as far as one can tell", 20, 0],
  ])("is known after three reports: %s", (_, behindMs, known) => {
    const { clocks, report, wait } = begun();
    for (const expected of [undefined, undefined, known]) {
      report(behindMs);
      wait(10_000);
      expect(clocks.of("node1")).toBe(expected);
    }
    expect(clocks.of("node2")).toBeUndefined();
  });

  test("is that of the quickest reports", () => {
    const { clocks, report, wait } = begun();
    for (const wayMs of [900, 4, 300, 30, 2_000]) {
      report(1_000, { wayMs });
      wait(10_000);
    }
    expect(clocks.of("node1")).toBe(1_004);
  });

  test("is never the time that reports have waited: for the collector, or behind other frames", () => {
    const { clocks, report } = begun();
    for (let wayMs = 300_000; wayMs >= 0; wayMs -= 10_000) {
      report(0, { wayMs });
      expect(clocks.of("node1") ?? 0).toBe(0);
    }
    const full = begun();
    for (let i = 0; i < 5; i += 1) full.report(0, { wayMs: 60_000, frames: 5_000 });
    for (let i = 0; i < 5; i += 1) full.report(0, { wayMs: 60_000, part: "disk" });
    expect(full.clocks.of("node1")).toBeUndefined();
  });

  test("follows a clock that is set, and is forgotten with a relay that has gone", () => {
    const { clocks, report, wait } = begun();
    const minute = (behindMs: number) => {
      for (let i = 0; i < 13; i += 1) {
        report(behindMs);
        wait(10_000);
      }
    };
    minute(3_000);
    expect(clocks.of("node1")).toBe(3_003);
    report(-1_000);
    expect(clocks.of("node1")).toBeUndefined();
    minute(-1_000);
    expect(clocks.of("node1")).toBe(-997);
    minute(60_000);
    expect(clocks.of("node1")).toBe(60_003);
    wait(130_000);
    expect(clocks.of("node1")).toBeUndefined();
  });

  test("is in /metrics where it is known, and is kept of the nodes heard last", async () => {
    const { clocks, metrics, report } = begun();
    for (let i = 0; i < 3; i += 1) report(2_000);
    expect(await metrics.text()).toContain('ml_node_clock_behind_seconds{node="node1"} 2.003');
    const status = { part: "memory", frames: 0, mostFrames: 0, discarded: 0 } as const;
    for (let i = 0; i < 4_096; i += 1) clocks.update(`other${i}`, new Date(NOON).toISOString(), status);
    expect(clocks.of("node1")).toBeUndefined();
  });
});
