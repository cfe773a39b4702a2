import { setImmediate as tick } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Backlog } from "../../src/live/backlog.ts";
import { createHub } from "../../src/live/hub.ts";
import { encodeLines, sourceKey } from "../../src/live/lines-message.ts";
import { SummaryMessage } from "../../src/live/summary-message.ts";
import { deferred } from "../support/deferred.ts";
import { FakeArchive } from "../support/fake-archive.ts";
import type { Received } from "../support/fake-viewer-socket.ts";
import { watch } from "../support/watching.ts";

const log = { event: () => {} };

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
const SOURCE = { x: X, owner: "alice", job: "train", run: "1", node: "node1" };

function lostRanges({ texts }: Received): [number, number][] {
  return texts.flatMap((message) => (message.t === "lost" ? [[message.from, message.to] as [number, number]] : []));
}

function message(firstN: number, count: number) {
  const cri = Buffer.from("2026-11-20T04:17:44.960662Z stdout F x\n".repeat(count));
  return encodeLines(SOURCE, sourceKey(SOURCE), [{ firstN, count, cri }]);
}

describe("a viewer that reads slowly", () => {
  test("learns exactly which lines it was not sent, and gets all others once", async () => {
    const rounds = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3)), {
      minLength: 1,
      maxLength: 40,
      size: "max",
    });
    const property = fc.asyncProperty(rounds, fc.nat(4), async (chunks, pace) => {
      const hub = createHub(log, Date.now);
      const archive = new FakeArchive();
      const execution = archive.add({ x: X });
      const limits = { maxBytes: 4_000, maxLines: 50 };
      const take = async () => {
        for (let i = 0; i < pace; i += 1) await tick();
      };
      const { socket, ran } = await watch({ hub, archive, what: { x: X }, from: 1, take, limits, highWaterMark: 300 });
      await ran;
      let n = 1;
      for (const [lines, ticks] of chunks) {
        hub.publish(execution, execution.store(n, n + lines - 1));
        n += lines;
        for (let i = 0; i < ticks; i += 1) await tick();
      }
      const received = await socket.taken();
      const got = received.lines.get(X) ?? [];
      const told = lostRanges(received).flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
      expect([...got, ...told].sort((a, b) => a - b)).toEqual(Array.from({ length: n - 1 }, (_, i) => i + 1));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  test("gets the newest lines, whatever their size", () => {
    const backlog = new Backlog({ maxBytes: 100, maxLines: 5 });
    backlog.push(message(1, 2));
    expect(backlog.push(message(3, 50))).toBe(2);
    expect(backlog.shift()).toMatchObject({ firstN: 3, count: 50 });
    expect(backlog.takeLost()).toEqual([{ source: SOURCE, ranges: [[1, 2]] }]);
    expect(backlog.takeLost()).toEqual([]);
    expect(backlog.isEmpty).toBe(true);
  });

  test("gets few ranges when very many lines came out of order", () => {
    const backlog = new Backlog({ maxBytes: 1e6, maxLines: 1 });
    for (let n = 1; n < 200; n += 2) backlog.push(message(n, 1));
    const [loss] = backlog.takeLost();
    expect(loss?.ranges.length).toBeLessThanOrEqual(16);
    expect(loss?.ranges[0]?.[0]).toBe(1);
    expect(Math.max(...(loss?.ranges ?? []).map(([, to]) => to))).toBe(197);
  });

  test("gets the newest summary of each execution when it reads again", async () => {
    const hub = createHub(log, Date.now);
    const archive = new FakeArchive();
    const execution = archive.add({ x: X });
    const { promise: stalled, resolve: resume } = deferred();
    const take = () => stalled;
    const { socket, ran, outbox } = await watch({
      hub,
      archive,
      what: { all: true },
      from: "end",
      take,
      highWaterMark: 1,
    });
    await ran;
    for (let i = 1; i <= 5; i += 1) {
      execution.store(i, i);
      outbox.summary(1, new SummaryMessage("x", execution.summary()));
    }
    resume();
    const { texts } = await socket.taken();
    expect(texts.map((text) => (text.t === "execution" ? text.execution.lastN : text.t))).toEqual(["live", 5]);
  });

  test("reads history at the viewer's pace, so it does not pile up", async () => {
    const hub = createHub(log, Date.now);
    const archive = new FakeArchive();
    const execution = archive.add({ x: X });
    execution.store(1, 200);
    archive.maxReadLines = 10;
    let taken = 0;
    const { promise: stalled, resolve: stall } = deferred();
    const take = async () => {
      taken += 1;
      if (taken === 3) await stalled;
    };
    const { socket, ran } = await watch({ hub, archive, what: { x: X }, from: 1, take, highWaterMark: 100 });
    for (let i = 0; i < 50; i += 1) await tick();
    expect(archive.answers("read")).toBeLessThan(5);
    stall();
    await ran;
    expect((await socket.taken()).lines.get(X)).toHaveLength(200);
  });

  test("gets history even while live lines outpace it", async () => {
    const hub = createHub(log, Date.now);
    const archive = new FakeArchive();
    const execution = archive.add({ x: X });
    let n = 0;
    const flood = () => {
      n += 1;
      if (n < 5_000) hub.publish(execution, execution.store(n, n));
    };
    const take = async () => {
      await tick();
      for (let i = 0; i < 5; i += 1) flood();
    };
    const limits = { maxBytes: 4_000, maxLines: 50 };
    const { outbox, ran } = await watch({
      hub,
      archive,
      what: { x: X },
      from: "end",
      take,
      limits,
      highWaterMark: 300,
    });
    await ran;
    for (let i = 0; i < 20; i += 1) flood();
    await outbox.turn(async () => undefined);
    expect(n).toBeLessThan(200);
  });

  test("is closed when its waiting summaries exceed their bytes", async () => {
    const hub = createHub(log, Date.now);
    const archive = new FakeArchive();
    const take = () => new Promise<void>(() => undefined);
    const watching = await watch({ hub, archive, what: { all: true }, from: "end", take, highWaterMark: 1 });
    await watching.ran;
    const long = (x: string) => ({ ...archive.add({ x }).summary(), argv: ["x".repeat(100_000)] });
    // A newer summary of an execution replaces the older one.
    for (let i = 0; i < 100; i += 1) watching.outbox.summary(1, new SummaryMessage(X, long(X)));
    expect(watching.overflows()).toBe(0);
    for (let i = 0; i < 50; i += 1) watching.outbox.summary(1, new SummaryMessage(`${X}${i}`, long(X)));
    expect(watching.overflows()).toBeGreaterThan(0);
  });

  test("is closed when it missed lines of more executions than the limit", async () => {
    const hub = createHub(log, Date.now);
    const archive = new FakeArchive();
    const take = () => new Promise<void>(() => undefined);
    const limits = { maxBytes: 1, maxLines: 1 };
    const watching = await watch({ hub, archive, what: { all: true }, from: "end", take, limits, highWaterMark: 1 });
    await watching.ran;
    for (let i = 0; i < 1_100; i += 1) hub.publish({ ...SOURCE, node: `node${i}` }, archive.add({ x: X }).store(1, 1));
    expect(watching.overflows()).toBeGreaterThan(0);
  });
});
