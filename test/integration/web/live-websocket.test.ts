import { describe, expect, test } from "vitest";
import { begun, watcher, X } from "../../support/live-viewer.ts";
import { poll } from "../../support/poll.ts";
import { signedIn } from "../../support/web.ts";

const BOBS = "01ARZ3NDEKTSV4RRFFQ69G5FA1";

describe("live viewing over a WebSocket", () => {
  test("sends history, then new lines, in frames of every size", async () => {
    const { web, execution, alice } = await begun();
    for (let n = 1; n <= 20; n += 1) execution.store(n, n, () => "x".repeat(n * 5));
    const viewer = await watcher(web, alice);
    viewer.subscribe({});
    await viewer.got("live");
    // Above 125 and 65,535 octets the frame's length has another form.
    let n = 21;
    for (const size of [
      1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 65_400, 65_420, 65_440, 65_460, 65_480, 200_000,
    ]) {
      web.hub.publish(
        execution,
        execution.store(n, n, () => "y".repeat(size)),
      );
      n += 1;
    }
    await poll("all lines came", () => viewer.lines.length === n - 1);
    expect(viewer.lines).toEqual(Array.from({ length: n - 1 }, (_, i) => i + 1));
  });

  test("sends the state when it changes", async () => {
    const { web, execution, alice } = await begun();
    const viewer = await watcher(web, alice);
    viewer.subscribe({ what: { all: true }, from: "end", lines: false });
    await viewer.got("live");
    execution.state = "finished";
    web.hub.changed(execution);
    expect(await viewer.got("execution")).toMatchObject({ id: 1, execution: { x: X, state: "finished" } });
  });

  test("refuses a foreign execution as a missing one", async () => {
    const { web, alice } = await begun();
    web.archive.add({ x: BOBS, owner: "bob" });
    const viewer = await watcher(web, alice);
    viewer.subscribe({ id: 1, what: { x: BOBS } });
    viewer.subscribe({ id: 2, what: { x: "01ARZ3NDEKTSV4RRFFQ69G5FA9" } });
    await poll("both are refused", () => viewer.texts.length === 2);
    const [first, second] = viewer.texts;
    expect(first).toEqual({ t: "refused", id: 1, code: "not_found", message: "There is no such execution" });
    expect(second).toEqual({ ...first, id: 2 });
  });

  test("records what an administrator watches of others", async () => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, await signedIn(web.origin, "carol"));
    viewer.subscribe({});
    await viewer.got("live");
    const own = await watcher(web, alice);
    own.subscribe({ what: { all: true } });
    await own.got("live");
    const watched = { event: "admin-watch", outcome: "ok", user: "carol", address: "127.0.0.1" };
    expect(web.audited.filter(({ event }) => event === "admin-watch")).toEqual([
      { ...watched, owner: "alice", target: `{"x":"${X}"}` },
    ]);
  });

  test("stops when it is unsubscribed, and can be subscribed again under the same id", async () => {
    const { web, execution, alice } = await begun();
    const viewer = await watcher(web, alice);
    viewer.subscribe({});
    await viewer.got("live");
    viewer.unsubscribe(1);
    viewer.subscribe({ id: 2, what: { all: true }, from: "end", lines: false });
    await poll("the second is live", () => viewer.texts.some((text) => text.t === "live" && text.id === 2));
    web.hub.publish(execution, execution.store(1, 3));
    viewer.subscribe({ id: 1 });
    await poll(
      "the first is live again",
      () => viewer.texts.filter((text) => text.t === "live" && text.id === 1).length === 2,
    );
    expect(viewer.lines).toEqual([1, 2, 3]);
  });

  test("sends lines once when subscriptions overlap", async () => {
    const { web, execution, alice } = await begun();
    const viewer = await watcher(web, alice);
    viewer.subscribe({ id: 1 });
    viewer.subscribe({ id: 2, what: { job: "train" } });
    viewer.subscribe({ id: 3, what: { all: true } });
    await poll("all are live", () => viewer.texts.filter(({ t }) => t === "live").length === 3);
    web.hub.publish(execution, execution.store(1, 2));
    web.hub.publish(execution, execution.store(3, 3));
    await poll("the last line came", () => viewer.lines.includes(3));
    expect(viewer.lines).toEqual([1, 2, 3]);
  });

  test("names the lines that a slow viewer missed, and slows nobody else", async () => {
    const { web, execution, alice } = await begun();
    const slow = await watcher(web, alice);
    const quick = await watcher(web, alice);
    for (const viewer of [slow, quick]) viewer.subscribe({});
    await Promise.all([slow.got("live"), quick.got("live")]);
    slow.ws.pause();
    const text = () => "z".repeat(500);
    let n = 1;
    for (; n <= 40_000; n += 250) {
      web.hub.publish(execution, execution.store(n, n + 249, text));
      await poll("the quick one keeps up", () => quick.lines.length === n + 249);
    }
    expect(quick.texts.some(({ t }) => t === "lost")).toBe(false);
    slow.ws.resume();
    const lost = await slow.got("lost");
    if (lost.t !== "lost") throw new Error("not lost");
    expect(lost).toMatchObject({ id: 1, x: X, node: "node1" });
    web.hub.publish(execution, execution.store(n, n));
    await poll("the slow one is live again", () => slow.lines.includes(n));
    const ranges = slow.texts.flatMap((each) => (each.t === "lost" ? [[each.from, each.to] as const] : []));
    const missed = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    expect([...slow.lines, ...missed].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
    expect(await web.metrics.text()).toMatch(/ml_live_lost_lines_total [1-9]/);
  });

  test("serves hundreds of viewers the same lines", async () => {
    const { web, execution, alice } = await begun({ limits: { websocketsPerUser: 300 } });
    const viewers = await Promise.all(Array.from({ length: 300 }, () => watcher(web, alice)));
    for (const viewer of viewers) viewer.subscribe({});
    await Promise.all(viewers.map((viewer) => viewer.got("live")));
    for (let n = 1; n <= 500; n += 1) web.hub.publish(execution, execution.store(n, n));
    await poll("everybody has them all", () => viewers.every(({ lines }) => lines.length === 500));
    const expected = Array.from({ length: 500 }, (_, i) => i + 1);
    for (const { lines } of viewers) expect(lines).toEqual(expected);
  });
});
