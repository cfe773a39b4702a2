import { once } from "node:events";
import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { WIRE_LIMITS } from "../../../src/wire/limits.ts";
import { afterwards } from "../../support/cleanup.ts";
import { deferred } from "../../support/deferred.ts";
import { begun, LiveViewer, rawViewer, watcher, X } from "../../support/live-viewer.ts";
import { poll } from "../../support/poll.ts";
import { signedIn, type startWeb } from "../../support/web.ts";

type Web = Awaited<ReturnType<typeof startWeb>>;

/** No list is answered before the returned function is called. */
function holdLists({ archive }: Web): () => void {
  const list = archive.list.bind(archive);
  const { promise: answered, resolve: answer } = deferred();
  archive.list = async (...asked) => {
    await answered;
    return list(...asked);
  };
  return answer;
}

/** Status of an upgrade that is refused. */
async function refusal(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const ws = new WebSocket(url, { headers });
  ws.on("error", () => undefined);
  const [, response] = await once(ws, "unexpected-response");
  response.resume();
  await once(response, "end");
  ws.terminate();
  return response.statusCode;
}

describe("the door of live viewing", () => {
  test.each([
    ["without a session", {}, 401],
    ["with a made-up session", { cookie: "ml-00000000=s%3Ax.y" }, 401],
  ])("is shut %s", async (_, headers, status) => {
    const { web } = await begun();
    expect(await refusal(`${web.origin}/live`, { ...headers, origin: web.origin })).toBe(status);
  });

  test("is shut for other sites, and for a session without an origin", async () => {
    const { web, alice } = await begun();
    const { cookie } = alice;
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", web.origin.replace("http", "https")]) {
      expect(await refusal(`${web.origin}/live`, { cookie, origin }), origin).toBe(403);
    }
    const refused = { event: "request", outcome: "refused", reason: "foreign-origin", path: "/live" };
    expect(web.audited).toContainEqual(expect.objectContaining({ ...refused, origin: "https://evil.example" }));
    expect(await refusal(`${web.origin}/live`, { cookie })).toBe(403);
    expect(await refusal(`${web.origin}/other`, { cookie, origin: web.origin })).toBe(404);
  });

  test("admits a bounded number for each user, independent of others", async () => {
    const { web, alice } = await begun({ limits: { websocketsPerUser: 2 } });
    const first = await watcher(web, alice);
    await watcher(web, alice);
    expect(await refusal(`${web.origin}/live`, { cookie: alice.cookie, origin: web.origin })).toBe(429);
    await watcher(web, await signedIn(web.origin, "bob"));
    first.ws.close();
    await first.closed;
    await poll("there is room again", async () => (await web.metrics.text()).includes("ml_live_connections 2"));
    await watcher(web, alice);
  });

  test("closes when its session ends", async () => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    const other = await watcher(web, await signedIn(web.origin, "alice"));
    await alice.post("/api/logout");
    expect(await viewer.closed).toBe(4401);
    expect(other.ws.readyState).toBe(WebSocket.OPEN);
  });

  test("closes at once if its session ends while it opens", async () => {
    const { promise: asked, resolve: goOn } = deferred();
    let admins = 0;
    const isAdmin = async () => {
      admins += 1;
      await asked;
      return false;
    };
    const { web, alice } = await begun({ isAdmin });
    const headers = { cookie: alice.cookie, origin: web.origin };
    const viewer = new LiveViewer(`${web.origin.replace("http", "ws")}/live`, headers);
    await poll("it is about to open", () => admins === 1);
    await alice.post("/api/logout");
    goOn();
    expect(await viewer.closed).toBe(4401);
  });

  test("closes for an administrator who loses that right", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    let isAdmin = true;
    const { web, alice } = await begun({
      isAdmin: async ({ user }) => isAdmin && user === "carol",
      pingEveryMs: 1_000_000_000,
    });
    const [admin, user] = [await watcher(web, await signedIn(web.origin, "carol")), await watcher(web, alice)];
    vi.advanceTimersByTime(60_000);
    isAdmin = false;
    expect(admin.ws.readyState).toBe(WebSocket.OPEN);
    vi.advanceTimersByTime(60_000);
    expect(await admin.closed).toBe(4401);
    expect(user.ws.readyState).toBe(WebSocket.OPEN);
  });

  test("keeps a session in use, up to its maximum age", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    let nowMs = 0;
    const limits = { sessionIdleHours: 2, sessionDays: 1 };
    const { web, alice } = await begun({ wallMs: () => nowMs, limits, pingEveryMs: 1_000_000_000 });
    const viewer = await watcher(web, alice);
    for (let hours = 1; hours < 24; hours += 1) {
      nowMs += 3_600_000;
      vi.advanceTimersByTime(60_000);
    }
    expect((await alice.get("/api/me")).status).toBe(200);
    nowMs += 3_600_000;
    vi.advanceTimersByTime(60_000);
    expect(await viewer.closed).toBe(4401);
    expect((await alice.get("/api/me")).status).toBe(401);
  });

  test("closes with the oldest session of too many", async () => {
    const { web, alice } = await begun({ limits: { sessionsPerUser: 1 } });
    const viewer = await watcher(web, alice);
    await signedIn(web.origin, "alice");
    expect(await viewer.closed).toBe(4401);
  });

  test.each<[string, (ws: WebSocket) => void, number]>([
    ["junk", (ws) => ws.send("hello"), 1008],
    ["another message", (ws) => ws.send('{"t":"dance","id":1}'), 1008],
    ["bytes", (ws) => ws.send(Buffer.from("{}")), 1003],
    ["a message above its limit", (ws) => ws.send("x".repeat(WIRE_LIMITS.maxClientMessageBytes + 1)), 1009],
  ])("shuts on %s", async (_, send, code) => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    send(viewer.ws);
    expect(await viewer.closed).toBe(code);
    expect((await alice.get("/api/me")).status).toBe(200);
  });

  test("looks up one execution at a time, however many messages come at once", async () => {
    const { web, alice } = await begun();
    const get = web.archive.get.bind(web.archive);
    let [lookUps, most] = [0, 0];
    web.archive.get = async (...asked) => {
      lookUps += 1;
      most = Math.max(most, lookUps);
      await tick();
      lookUps -= 1;
      return get(...asked);
    };
    const viewer = await watcher(web, alice);
    for (let i = 0; i < 400; i += 1) {
      viewer.subscribe({});
      viewer.unsubscribe(1);
    }
    viewer.subscribe({ id: 2 });
    await poll("the last one is live", () => viewer.texts.some((text) => text.t === "live" && text.id === 2));
    // One lookup to open a subscription, and one for the history of open ones.
    expect(most).toBeLessThanOrEqual(2);
  });

  test("bounds history requests that wait, also those of ended subscriptions", async () => {
    const { web, alice } = await begun();
    const answer = holdLists(web);
    const viewer = await watcher(web, alice);
    for (let i = 0; i < 100; i += 1) {
      viewer.subscribe({ what: { all: true } });
      viewer.unsubscribe(1);
    }
    await poll("the last one is refused", () => viewer.texts.length === 100 - WIRE_LIMITS.maxSubscriptions);
    expect(viewer.texts.every((text) => text.t === "refused" && text.code === "too_many")).toBe(true);
    answer();
    await poll("all has waited", () => web.archive.answers("list") === WIRE_LIMITS.maxSubscriptions);
    viewer.subscribe({ what: { all: true } });
    await viewer.got("live");
  });

  test("bounds the executions whose history waits, across subscriptions", async () => {
    const { web, alice } = await begun();
    for (let i = 100; i < 420; i += 1) web.archive.add({ x: `${X.slice(0, -3)}${i}` });
    const answer = holdLists(web);
    const viewer = await watcher(web, alice);
    const ids = Array.from({ length: WIRE_LIMITS.maxSubscriptions }, (_, i) => i + 1);
    for (const id of ids) viewer.subscribe({ id, what: { all: true } });
    viewer.subscribe({ id: 1 });
    await viewer.got("refused");
    // All are open: they list at the same pace.
    answer();
    viewer.texts.splice(0);
    const ended = () => viewer.texts.filter(({ t }) => t === "live" || t === "refused");
    await poll("each is live or refused", () => ended().length === ids.length);
    const refused = ended().filter(({ t }) => t === "refused");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(5);
    for (const text of refused)
      expect(text).toMatchObject({ code: "too_many", message: expect.stringContaining("20000 executions") });
  });

  test("bounds the subscriptions of a viewer, and refuses an id twice", async () => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    for (let id = 1; id <= WIRE_LIMITS.maxSubscriptions; id += 1) viewer.subscribe({ id });
    viewer.subscribe({ id: 1 });
    viewer.subscribe({ id: WIRE_LIMITS.maxSubscriptions + 1 });
    await poll("both are refused", () => viewer.texts.filter(({ t }) => t === "refused").length === 2);
    const codes = viewer.texts.flatMap((message) => (message.t === "refused" ? [message.code] : []));
    expect(codes).toEqual(["bad_request", "too_many"]);
  });

  test("reports unreadable logs", async () => {
    const { web, alice, execution } = await begun();
    execution.store(1, 5);
    web.archive.read = async () => {
      throw new Error("EIO");
    };
    const viewer = await watcher(web, alice);
    viewer.subscribe({});
    expect(await viewer.got("refused")).toMatchObject({ code: "unavailable" });
    expect(web.events.join("\n")).toContain("EIO");
  });

  test("says every 10 s that it is there, however quiet it is", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    for (const beats of [1, 2]) {
      vi.advanceTimersByTime(10_000);
      await poll("a beat", () => viewer.texts.filter(({ t }) => t === "beat").length === beats);
    }
  });

  test("drops a peer that does not answer pings, and keeps one that does", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    const { web, alice } = await begun({ pingEveryMs: 30_000 });
    const alive = await watcher(web, alice);
    const dead = await rawViewer(web, alice);
    dead.resume();
    const gone = once(dead, "close");
    for (const id of [1, 2, 3]) {
      const pinged = once(alive.ws, "ping");
      vi.advanceTimersByTime(30_000);
      await pinged;
      // Its pong went out before this.
      alive.subscribe({ id });
      await poll("its answer", () => alive.texts.some((text) => text.t === "live" && text.id === id));
    }
    await gone;
    expect(await web.metrics.text()).toContain('ml_live_closed_total{reason="dead"} 1');
    expect(alive.ws.readyState).toBe(WebSocket.OPEN);
  });

  test("keeps a peer that reads too slowly to answer pings, as long as it reads", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    afterwards(() => void vi.useRealTimers());
    const { web, alice, execution } = await begun({ pingEveryMs: 30_000 });
    const socket = await rawViewer(web, alice);
    const lost = async () => Number(/ml_live_lost_lines_total (\d+)/.exec(await web.metrics.text())?.[1]);
    let n = 1;
    const fill = async () => {
      const before = await lost();
      for (let chunks = 0; (await lost()) === before && chunks < 50; chunks += 1) {
        web.hub.publish(
          execution,
          execution.store(n, n + 999, () => "z".repeat(500)),
        );
        n += 1_000;
      }
    };
    for (let pings = 0; pings < 6; pings += 1) {
      await fill();
      vi.advanceTimersByTime(30_000);
      let octets = 0;
      await poll("it has read a part", () => {
        octets += socket.read()?.length ?? 0;
        return octets > 2_000_000;
      });
    }
    expect(await web.metrics.text()).toContain("ml_live_connections 1");
    vi.advanceTimersByTime(120_000);
    expect(await web.metrics.text()).toContain('ml_live_closed_total{reason="dead"} 1');
  });

  test("closes as going away when the collector stops", async () => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    await web.stop();
    expect(await viewer.closed).toBe(1001);
  });
});
