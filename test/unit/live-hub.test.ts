import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHub } from "../../src/live/hub.ts";
import type { LinesMessage } from "../../src/live/lines-message.ts";
import type { SummaryMessage } from "../../src/live/summary-message.ts";
import type { Target } from "../../src/wire/live.ts";
import { FakeArchive } from "../support/fake-archive.ts";
import { watch } from "../support/watching.ts";

const log = { event: () => {} };

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";

function begun() {
  const archive = new FakeArchive();
  return { hub: createHub(log, Date.now), archive, execution: archive.add({ x: X }) };
}

/** Watchers that only count. */
function crowd(hub: ReturnType<typeof createHub>, viewers: number) {
  const messages: LinesMessage[] = [];
  const watcher = () => ({ lines: (message: LinesMessage) => void messages.push(message), summary: () => undefined });
  for (let i = 0; i < viewers; i += 1) hub.watch({ owner: "alice" }, watcher());
  return messages;
}

describe("the hub", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("builds nothing without watchers", () => {
    const { hub, execution } = begun();
    const summary = vi.spyOn(execution, "summary");
    hub.changed(execution);
    crowd(hub, 1);
    hub.changed({ ...execution, owner: "bob", summary: () => execution.summary() });
    hub.publish({ ...execution, owner: "bob" }, execution.store(1, 1));
    expect(summary).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("encodes lines once for everybody", () => {
    const { hub, execution } = begun();
    const messages = crowd(hub, 10);
    hub.publish(execution, execution.store(1, 3));
    expect(messages).toHaveLength(10);
    expect(new Set(messages).size).toBe(1);
  });

  test("sends lines to few viewers at once, and batches them for many", () => {
    const { hub, execution } = begun();
    const messages = crowd(hub, 1_000);
    for (let n = 1; n <= 50; n += 1) hub.publish(execution, execution.store(n, n));
    expect(messages).toHaveLength(1_000);
    vi.advanceTimersByTime(20);
    expect(messages).toHaveLength(2_000);
    expect(messages.at(-1)).toMatchObject({ firstN: 2, count: 49 });
    vi.advanceTimersByTime(20);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("copies bytes that it batches: their owner may reuse them", () => {
    const { hub, execution } = begun();
    const messages = crowd(hub, 100);
    hub.publish(execution, execution.store(1, 1));
    const lent = execution.store(2, 2);
    hub.publish(execution, lent);
    lent.cri.fill(0);
    vi.advanceTimersByTime(20);
    expect(messages.at(-1)?.frame.includes("line 2\n")).toBe(true);
  });

  test("keeps lines apart that have a hole between them", () => {
    const { hub, execution } = begun();
    const messages = crowd(hub, 100);
    for (const n of [1, 2, 4, 3]) hub.publish(execution, execution.store(n, n));
    vi.advanceTimersByTime(20);
    expect([...new Set(messages)].map(({ firstN, count }) => [firstN, count])).toEqual([
      [1, 1],
      [2, 1],
      [4, 1],
      [3, 1],
    ]);
  });

  test("bounds what it batches", () => {
    const { hub, execution } = begun();
    const messages = crowd(hub, 100);
    for (let n = 1; n <= 30; n += 1)
      hub.publish(
        execution,
        execution.store(n, n, () => "x".repeat(9_000)),
      );
    for (const { frame } of messages) expect(frame.length).toBeLessThan(65_536 + 10_000);
    expect(new Set(messages).size).toBeGreaterThan(3);
  });

  test("sends each line once to a viewer who joins during a batch", async () => {
    const { hub, archive, execution } = begun();
    crowd(hub, 1_000);
    hub.publish(execution, execution.store(1, 1));
    hub.publish(execution, execution.store(2, 2));
    const { socket, ran } = await watch({ hub, archive, what: { x: X }, from: 1 });
    await ran;
    hub.publish(execution, execution.store(3, 3));
    vi.advanceTimersByTime(20);
    expect((await socket.taken()).lines.get(X)).toEqual([1, 2, 3]);
    hub.close();
  });

  test.each<[number | "end"]>([[6], ["end"]])(
    "sends no earlier lines to a viewer who joins during a batch: from %s",
    async (from) => {
      const { hub, archive, execution } = begun();
      crowd(hub, 1_000);
      for (let n = 1; n <= 5; n += 1) hub.publish(execution, execution.store(n, n));
      const watching = (what: Target) => watch({ hub, archive, what, from });
      const all = await Promise.all([watching({ x: X }), watching({ job: "train" }), watching({ all: true })]);
      await Promise.all(all.map(({ ran }) => ran));
      hub.publish(execution, execution.store(6, 6));
      vi.advanceTimersByTime(20);
      for (const { socket } of all) expect((await socket.taken()).lines.get(X)).toEqual([6]);
      hub.close();
    },
  );

  test.each<[number | "end"]>([[1], ["end"]])(
    "causes no extra writes to present viewers when others join during a batch: from %s",
    async (from) => {
      const { hub, archive, execution } = begun();
      const messages = crowd(hub, 1_000);
      const joined = [];
      for (let n = 1; n <= 20; n += 1) {
        hub.publish(execution, execution.store(n, n));
        const viewer = await watch({ hub, archive, what: { job: "train" }, from });
        await viewer.ran;
        joined.push(viewer.socket);
      }
      expect(messages).toHaveLength(1_000);
      vi.advanceTimersByTime(20);
      expect(messages).toHaveLength(2_000);
      const all = Array.from({ length: 20 }, (_, i) => i + 1);
      for (const [i, socket] of joined.entries()) {
        const wanted = from === "end" ? all.slice(i + 1) : all;
        expect((await socket.taken()).lines.get(X) ?? []).toEqual(wanted);
      }
      hub.close();
    },
  );

  test("encodes once for viewers who joined together, and sends nothing to one who has left", () => {
    const { hub, execution } = begun();
    crowd(hub, 1_000);
    hub.publish(execution, execution.store(1, 1));
    hub.publish(execution, execution.store(2, 2));
    const [first, second] = [crowd(hub, 10), crowd(hub, 10)];
    const lines = vi.fn();
    const leave = hub.watch({ source: execution }, { lines, summary: () => undefined });
    hub.publish(execution, execution.store(3, 3));
    const later = crowd(hub, 10);
    hub.publish(execution, execution.store(4, 4));
    const last = crowd(hub, 10);
    leave();
    vi.advanceTimersByTime(20);
    expect(new Set([...first, ...second]).size).toBe(1);
    expect([...first, ...second]).toHaveLength(20);
    expect(first[0]).toMatchObject({ firstN: 3, count: 2 });
    expect(later).toHaveLength(10);
    expect(later[0]).toMatchObject({ firstN: 4, count: 1 });
    expect(last).toEqual([]);
    expect(lines).not.toHaveBeenCalled();
    hub.publish(execution, execution.store(5, 5));
    vi.advanceTimersByTime(20);
    expect([first.at(-1), later.at(-1)]).toEqual([last.at(-1), last.at(-1)]);
    expect(last).toHaveLength(10);
    hub.close();
  });

  test("sends each line once to a viewer whose second subscription joins during a batch", async () => {
    const { hub, archive, execution } = begun();
    crowd(hub, 1_000);
    const { socket, outbox, ran } = await watch({ hub, archive, what: { job: "train" }, from: "end" });
    await ran;
    hub.publish(execution, execution.store(1, 1));
    hub.publish(execution, execution.store(2, 2));
    hub.watch({ owner: "alice" }, { lines: (message) => outbox.lines(message), summary: () => undefined });
    hub.publish(execution, execution.store(3, 3));
    hub.watch({ source: execution }, { lines: (message) => outbox.lines(message), summary: () => undefined });
    hub.publish(execution, execution.store(4, 4));
    vi.advanceTimersByTime(20);
    hub.publish(execution, execution.store(5, 5));
    vi.advanceTimersByTime(20);
    expect((await socket.taken()).lines.get(X)).toEqual([1, 2, 3, 4, 5]);
    hub.close();
  });

  test("sends a summary at most four times a second, and always the last one", () => {
    const { hub, execution } = begun();
    const told: SummaryMessage[] = [];
    hub.watch({ owner: "alice" }, { lines: () => undefined, summary: (message) => void told.push(message) });
    for (let n = 1; n <= 100; n += 1) {
      execution.store(n, n);
      hub.changed(execution);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1_000);
    expect(told.length).toBeLessThanOrEqual(5 + 1);
    expect(told.at(-1)?.frameFor(7).toString()).toMatch(/{"t":"execution","id":7,.*"lastN":100[,}]/);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("sends it once a second when a thousand watch", () => {
    const { hub, execution } = begun();
    let told = 0;
    const summary = () => {
      told += 1;
    };
    for (let i = 0; i < 1_000; i += 1) hub.watch({ owner: "alice" }, { lines: () => undefined, summary });
    for (let n = 1; n <= 400; n += 1) {
      execution.store(n, n);
      hub.changed(execution);
      vi.advanceTimersByTime(10);
    }
    expect(told).toBeLessThanOrEqual(5 * 1_000);
  });

  test("survives a summary that cannot be built, logs it at bounded rate, and sends the next one", () => {
    const said: string[] = [];
    let nowMs = 0;
    const hub = createHub({ event: (_, what) => said.push(what) }, () => nowMs);
    const execution = new FakeArchive().add({ x: X });
    const told: SummaryMessage[] = [];
    hub.watch({ owner: "alice" }, { lines: () => undefined, summary: (message) => void told.push(message) });
    const broken = {
      ...execution,
      summary: () => {
        throw new Error("disk I/O error");
      },
    };
    hub.changed(broken);
    hub.changed(broken);
    vi.advanceTimersByTime(1_000);
    hub.changed(execution);
    expect(told).toHaveLength(1);
    expect(said).toEqual(["cannot show how executions change"]);
    nowMs += 3_600_000;
    vi.advanceTimersByTime(1_000);
    hub.changed(broken);
    expect(said).toHaveLength(2);
    hub.close();
  });

  test("forgets viewers who left", () => {
    const { hub, execution } = begun();
    const lines = vi.fn();
    const leave = hub.watch({ job: "train", owner: "alice" }, { lines, summary: () => undefined });
    leave();
    leave();
    hub.publish(execution, execution.store(1, 1));
    expect(lines).not.toHaveBeenCalled();
  });
});
