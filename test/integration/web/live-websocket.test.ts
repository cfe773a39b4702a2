import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { WIRE_LIMITS } from "../../../src/wire/limits.ts";
import {
  type ClientMessage,
  parseLinesMessage,
  parseServerMessage,
  type ServerMessage,
} from "../../../src/wire/live.ts";
import { afterwards } from "../../support/cleanup.ts";
import { poll } from "../../support/poll.ts";
import { type Browser, signedIn, startWeb } from "../../support/web.ts";

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
const BOBS = "01ARZ3NDEKTSV4RRFFQ69G5FA1";

type Web = Awaited<ReturnType<typeof startWeb>>;

/** A WebSocket of a signed-in user, and everything received. */
class Viewer {
  readonly ws: WebSocket;
  readonly texts: ServerMessage[] = [];
  /** Numbers of lines, in the order they came. */
  readonly lines: number[] = [];
  readonly closed: Promise<number>;

  constructor(url: string, headers: Record<string, string>) {
    this.ws = new WebSocket(url, { headers });
    this.ws.on("message", (data: Buffer, isBinary) => this.#take(data.toString(), isBinary));
    this.closed = new Promise((resolve) => this.ws.on("close", (code) => resolve(code)));
    this.ws.on("error", () => undefined);
    afterwards(() => this.ws.terminate());
  }

  subscribe(message: Partial<Extract<ClientMessage, { t: "subscribe" }>>): void {
    this.ws.send(JSON.stringify({ t: "subscribe", id: 1, from: 1, lines: true, what: { x: X }, ...message }));
  }

  unsubscribe(id: number): void {
    this.ws.send(JSON.stringify({ t: "unsubscribe", id }));
  }

  async got(what: ServerMessage["t"]): Promise<ServerMessage> {
    return poll(`the viewer gets ${what}`, () => this.texts.find(({ t }) => t === what));
  }

  #take(text: string, isBinary: boolean): void {
    if (isBinary) {
      const message = parseLinesMessage(text);
      if (message === undefined) throw new Error(`Bad lines: ${text}`);
      for (const line of message.lines) this.lines.push(line.n);
      return;
    }
    const message = parseServerMessage(text);
    if (message === undefined) throw new Error(`Bad message: ${text}`);
    this.texts.push(message);
  }
}

async function watcher(web: Web, browser: Browser): Promise<Viewer> {
  const viewer = new Viewer(`${web.origin.replace("http", "ws")}/live`, { cookie: browser.cookie, origin: web.origin });
  await once(viewer.ws, "open");
  return viewer;
}

async function begun(options: Parameters<typeof startWeb>[0] = {}) {
  const web = await startWeb(options);
  const execution = web.archive.add({ x: X });
  const alice = await signedIn(web.origin, "alice");
  return { web, execution, alice };
}

/** A raw WebSocket client that only does what tests do, subscribed to all live lines. */
async function rawViewer(web: Web, browser: Browser): Promise<Socket> {
  const headers = [`Cookie: ${browser.cookie}`, `Origin: ${web.origin}`, `Host: 127.0.0.1:${web.port}`];
  const upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  const socket = connect({ port: web.port, host: "127.0.0.1" });
  afterwards(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write(`${["GET /live HTTP/1.1", ...headers, ...upgrade, key].join("\r\n")}\r\n\r\n`);
  await once(socket, "readable");
  const text = JSON.stringify({ t: "subscribe", id: 1, what: { all: true }, from: "end", lines: true });
  // FIN and text; masked with zeros (RFC 6455, section 5.3).
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
  await poll("it is live", () => socket.read()?.includes('"live"'));
  return socket;
}

/** No list is answered before the returned function is called. */
function holdLists({ archive }: Web): () => void {
  const list = archive.list.bind(archive);
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
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
    let goOn: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let admins = 0;
    const isAdmin = async () => {
      admins += 1;
      await asked;
      return false;
    };
    const { web, alice } = await begun({ isAdmin });
    const headers = { cookie: alice.cookie, origin: web.origin };
    const viewer = new Viewer(`${web.origin.replace("http", "ws")}/live`, headers);
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

describe("a viewer who sends without end", () => {
  /** Each lookup takes longer than a turn may. Returns the most lookups made in one turn of the event loop. */
  function countLookUps(web: Web) {
    const counted = { turn: 0, all: 0, most: 0 };
    let isDone = false;
    const nextTurn = () => {
      counted.most = Math.max(counted.most, counted.turn);
      counted.turn = 0;
      if (!isDone) setImmediate(nextTurn);
    };
    nextTurn();
    afterwards(() => {
      isDone = true;
    });
    const { archive } = web;
    for (const name of ["get", "list"] as const) {
      const answer = archive[name].bind(archive);
      Object.assign(archive, {
        [name]: (...args: Parameters<typeof answer>) => {
          counted.turn += 1;
          counted.all += 1;
          const untilMs = performance.now() + 6;
          while (performance.now() < untilMs);
          return Reflect.apply(answer, archive, args);
        },
      });
    }
    return counted;
  }

  test.each([
    ["an execution", { x: X }],
    ["a job", { job: "train" }],
  ])("is handled one message a turn, so that others get their turns: %s", async (_, what) => {
    const { web, alice } = await begun();
    const viewer = await watcher(web, alice);
    const counted = countLookUps(web);
    for (let id = 1; id <= 60; id += 1) {
      viewer.subscribe({ id, what });
      viewer.unsubscribe(id);
    }
    viewer.subscribe({ id: 1_000, what });
    await poll("the last one is live", () => viewer.texts.find((text) => text.t === "live" && text.id === 1_000));
    expect(counted.all).toBeGreaterThan(60);
    expect(counted.most).toBe(1);
  });

  test("gets no pongs that pile up while it does not read", async () => {
    const { web, alice } = await begun();
    const socket = await rawViewer(web, alice);
    socket.removeAllListeners("data").pause();
    const payloadBytes = 125;
    const ping = Buffer.alloc(6 + payloadBytes);
    ping.set([0x89, 0x80 | payloadBytes]);
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    // More than the kernels of both sides hold.
    const pings = 100_000;
    for (let sent = 0; sent < pings; sent += 1_000) {
      if (!socket.write(flood)) await once(socket, "drain");
    }
    let octets = 0;
    socket.on("data", (data) => {
      octets += data.length;
    });
    socket.resume();
    // A malformed message closes the connection when all pings before it have been handled.
    socket.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]));
    await once(socket, "close");
    expect(octets).toBeGreaterThan(0);
    expect(octets).toBeLessThan(pings * (2 + payloadBytes));
  });
});
