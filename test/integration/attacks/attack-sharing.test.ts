import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { parseShare, type Share } from "../../../src/wire/share.ts";
import { asTime } from "../../../src/wire/time.ts";
import { parseNewToken } from "../../../src/wire/token.ts";
import { afterwards } from "../../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import type { RelpClient } from "../../support/relp-client.ts";
import { type SearchSite, startSearchSite } from "../../support/search-site.ts";
import { type Browser, signedIn } from "../../support/web.ts";

const OWNER = "root";
const SECRET = "alices-own-words";

let nowMs = Date.now();
let site: SearchSite;
let relay: RelpClient;
let [alice, bob, dave]: Browser[] = [];
/** Two of run r1, one of run r2 of the same job, and one of another job. */
let [one, sibling, later, other]: FakeExecution[] = [];

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Not begun");
  return value;
}

beforeAll(async () => {
  site = await startSearchSite({ wallMs: () => nowMs, searches: 8 });
  relay = await openRelay(site.on);
  const { origin } = site.web;
  [alice, bob, dave] = [await signedIn(origin, "alice"), await signedIn(origin, "bob"), await signedIn(origin, "dave")];
  const train = { job: "train" };
  [one, sibling] = [fakeExecution({ ...train, node: "gpu1" }), fakeExecution({ ...train, node: "gpu2" })];
  [later, other] = [fakeExecution({ ...train, node: "gpu1" }), fakeExecution({ job: "secret" })];
  const bobs = fakeExecution({ job: "bobs" });
  for (const [each, run] of [
    [one, "r1"],
    [sibling, "r1"],
    [later, "r2"],
    [other, "r9"],
  ] as const)
    await relay.send(given(each).begin({ run }), given(each).lines(1, [SECRET]), given(each).end(1));
  await relay.send(bobs.begin({}, 1002), bobs.lines(1, ["mine"]), bobs.end(1));
});

/** The executions whose lines a merged view shows. */
async function merged(by: Browser, query: string): Promise<string[]> {
  const { json } = await by.get(`/api/run-lines?job=train&after=start&${query}`);
  const { lines = [] } = json as { lines?: unknown[] };
  const { executions = [] } = json as { executions?: { owner: string; x: string }[] };
  const names = executions.map(({ owner, x }) => `${owner} ${x}`);
  expect(lines.length > 0).toBe(names.length > 0);
  return names.sort().reverse();
}

async function share(by: Browser, body: Record<string, unknown>): Promise<Share> {
  const answer = await by.post("/api/shares", body);
  const made = parseShare(answer.json);
  if (answer.status !== 201 || made === undefined) throw new Error(`Answered with ${answer.status}: ${answer.text}`);
  return made;
}

function unshare(by: Browser, id: string) {
  return by.send("DELETE", `/api/shares/${id}`, { headers: { origin: site.web.origin } });
}

/** `owner job` of everything in a list. */
async function listed(by: Browser, query = ""): Promise<string[]> {
  const { json } = await by.get(`/api/executions?limit=2&${query}`);
  const page = json as { executions: { owner: string; x: string }[]; next: string | null };
  const names = page.executions.map(({ owner, x }) => `${owner} ${x}`);
  return page.next === null
    ? names
    : [
        ...names,
        ...(await listed(by, `before=${encodeURIComponent(page.next)}&${query.replace(/before=[^&]*&?/, "")}`)),
      ];
}

const hers = (each: FakeExecution | undefined) => `${OWNER} ${given(each).x}`;

/** Everything that reads an execution of hers, and how it is answered. */
async function readings(by: Browser, each: FakeExecution | undefined): Promise<readonly unknown[]> {
  const { x, node } = given(each);
  const path = `/api/executions/${x}`;
  const whose = `?owner=${OWNER}&node=${node}`;
  const search = await by.post("/api/search", { what: { x, owner: OWNER }, pattern: SECRET });
  return [
    ...(await Promise.all(
      [path, `${path}${whose}`, `${path}/lines${whose}`, `${path}/raw${whose}`].map(
        async (at) => (await by.get(at)).status,
      ),
    )),
    search.status === 200 ? /"t":"hit"/.test(search.text) : search.status,
  ];
}

const SEES = [200, 200, 200, 200, true];
const SEES_NOTHING = [404, 404, 404, 404, 404];

describe("what alice shares with bob", () => {
  test("an execution: he reads it and its lines, not its siblings, and changes nothing", async () => {
    const { x, node } = given(one);
    expect(await readings(given(bob), one)).toEqual(SEES_NOTHING);
    const { id } = await share(given(alice), { what: { x, node }, with: { user: "bob" } });
    expect(await readings(given(bob), one)).toEqual(SEES);
    for (const each of [sibling, later, other]) expect(await readings(given(bob), each)).toEqual(SEES_NOTHING);
    expect((await listed(given(bob))).filter((name) => name.startsWith(OWNER))).toEqual([hers(one)]);
    expect((await given(bob).get(`/api/runs?job=train&owner=${OWNER}`)).json).toMatchObject({ runs: [] });
    expect((await given(bob).get(`/api/board?job=train&run=r1&owner=${OWNER}`)).status).toBe(404);
    expect((await given(bob).get(`/api/run-times?job=train&run=r1&owner=${OWNER}`)).status).toBe(404);
    expect(await merged(given(bob), `run=r1&owner=${OWNER}`)).toEqual([hers(one)]);
    expect(await merged(given(bob), `owner=${OWNER}`)).toEqual([hers(one)]);
    expect(await merged(given(bob), `run=r2&owner=${OWNER}`)).toEqual([]);
    // Dave got nothing of it.
    expect(await merged(given(dave), `owner=${OWNER}`)).toEqual([]);
    expect(await readings(given(dave), one)).toEqual(SEES_NOTHING);

    const headers = { origin: site.web.origin };
    expect((await given(bob).send("DELETE", `/api/executions/${x}?owner=${OWNER}`, { headers })).status).toBe(404);
    const on = { what: { x, node }, with: { user: "dave" } };
    expect((await given(bob).post("/api/shares", on)).status).toBe(404);
    for (const hold of ["holds", "holds/release"])
      expect((await given(bob).post(`/api/${hold}`, { what: { x, node, owner: OWNER } })).status, hold).toBe(404);
    expect((await unshare(given(bob), id)).status).toBe(404);
    expect(await readings(given(bob), one)).toEqual(SEES);

    expect((await unshare(given(alice), id)).status).toBe(204);
    expect(await readings(given(bob), one)).toEqual(SEES_NOTHING);
    expect((await given(alice).get(`/api/executions/${x}`)).status).toBe(200);
  });

  test("a run: all of it, page by page among his own, and no other run", async () => {
    const { id } = await share(given(alice), { what: { job: "train", run: "r1" }, with: { user: "bob" } });
    const both = [hers(one), hers(sibling)].sort().reverse();
    const all = await listed(given(bob));
    expect(all.filter((name) => name.startsWith(OWNER))).toEqual(both);
    expect(all.some((name) => name.startsWith("bob "))).toBe(true);
    expect(await listed(given(bob), `job=train&owner=${OWNER}&`)).toEqual(both);
    expect(await listed(given(bob), "job=secret&")).toEqual([]);
    expect(await listed(given(bob), "owner=bob&")).toHaveLength(1);
    expect(await listed(given(bob), "node=gpu2&")).toEqual([hers(sibling)]);
    expect(await readings(given(bob), later)).toEqual(SEES_NOTHING);
    const runs = (await given(bob).get("/api/runs?job=train")).json;
    expect(runs).toMatchObject({ runs: [{ run: "r1", owner: OWNER, executions: 2 }] });
    expect(await merged(given(bob), `run=r1&owner=${OWNER}`)).toEqual(both);
    for (const query of ["", "run=r2", `run=r2&owner=${OWNER}`])
      expect((await merged(given(bob), query)).filter((name) => name === hers(later))).toEqual([]);
    const board = (run: string) => given(bob).get(`/api/board?job=train&run=${run}&owner=${OWNER}`);
    expect([(await board("r1")).status, (await board("r2")).status]).toEqual([200, 404]);
    const times = (run: string) => given(bob).get(`/api/run-times?job=train&run=${run}&owner=${OWNER}`);
    expect([(await times("r1")).status, (await times("r2")).status]).toEqual([200, 404]);
    const found = await given(bob).post("/api/search", { what: { all: true }, pattern: SECRET, show: "executions" });
    expect(
      [...found.text.matchAll(/"t":"execution","x":"(\w+)"/g)]
        .map(([, x]) => `${OWNER} ${x}`)
        .sort()
        .reverse(),
    ).toEqual(both);
    await unshare(given(alice), id);
    expect(await listed(given(bob))).toHaveLength(1);
  });

  test("a job: later executions as well, until the day that she named; both see this", async () => {
    const until = asTime(nowMs + 3_600_000);
    const made = await share(given(alice), { what: { job: "train" }, with: { user: "bob" }, until });
    const fresh = fakeExecution({ job: "train" });
    await relay.send(fresh.begin({ run: "r3" }), fresh.lines(1, [SECRET]));
    expect(await readings(given(bob), fresh)).toEqual(SEES);
    expect((await given(bob).get("/api/jobs")).json).toMatchObject({
      jobs: [{ owner: "bob" }, { owner: OWNER, job: "train" }],
    });
    expect((await given(alice).get("/api/shares")).json).toMatchObject({
      shares: [{ id: made.id, until }],
      withMe: [],
    });
    expect((await given(bob).get("/api/shares")).json).toMatchObject({
      shares: [],
      withMe: [{ owner: OWNER, what: { job: "train" }, with: { user: "bob" }, until }],
    });
    nowMs += 3_600_000;
    expect(await readings(given(bob), fresh)).toEqual(SEES_NOTHING);
    site.sharing.endOverdue();
    expect((await given(alice).get("/api/shares")).json).toEqual({ shares: [], withMe: [] });
  });

  test("is audited: making, reading and taking back", async () => {
    const { x, node } = given(one);
    const { id } = await share(given(alice), { what: { x, node }, with: { user: "bob" } });
    await given(bob).get(`/api/executions/${x}/lines`);
    await unshare(given(alice), id);
    const events = site.web.audited.filter(
      ({ event, user }) => event === "share" || (event === "shared-read" && user === "bob"),
    );
    expect(events.slice(-3)).toMatchObject([
      { event: "share", outcome: "ok", user: OWNER, x, with: "user bob" },
      { event: "shared-read", outcome: "ok", user: "bob", owner: [OWNER], target: `GET /api/executions/${x}/lines` },
      { event: "share", outcome: "ended", user: OWNER, x, with: "user bob" },
    ]);
  });

  test.each([
    [{ what: { job: "train" }, with: { user: "nobody-here" } }, 400],
    [{ what: { job: "train" }, with: { group: "no-group" } }, 400],
    [{ what: { job: "train" }, with: { user: "bob", group: "team" } }, 400],
    [{ what: { job: "bobs" }, with: { user: "bob" } }, 404],
    [{ what: { job: "train", run: "r7" }, with: { user: "bob" } }, 404],
    [{ what: { job: "train" }, with: { user: "bob" }, until: "2020-01-01T00:00:00.000000Z" }, 400],
    [{ what: { job: "train" }, with: { user: "bob" }, until: "tomorrow" }, 400],
    [{ what: { all: true }, with: { user: "bob" } }, 400],
  ])("is refused: %j", async (body, status) => {
    expect((await given(alice).post("/api/shares", body)).status).toBe(status);
  });

  test("a token shares only if it may, and a page of another site never", async () => {
    const body = { what: { job: "train" }, with: { user: "bob" } };
    const asked = { name: "reader", scopes: ["read", "search"], days: 1 };
    const token = parseNewToken((await given(alice).post("/api/tokens", asked)).json)?.token ?? "";
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { headers, body: JSON.stringify(body) };
    expect((await given(alice).send("POST", "/api/shares", init)).status).toBe(403);
    expect((await given(alice).post("/api/shares", body, { origin: "https://evil.example" })).status).toBe(403);
  });
});

describe("bob's WebSocket", () => {
  /** A socket on a subscription that is live. What comes later is in `seen`. */
  async function subscribed(by: Browser, what: Record<string, unknown>) {
    const socket = new WebSocket(`${site.web.origin.replace("http", "ws")}/live`, {
      headers: { cookie: by.cookie, origin: site.web.origin },
    });
    afterwards(async () => socket.terminate());
    const seen: string[] = [];
    const closed = once(socket, "close");
    const live = new Promise<void>((resolve) => {
      socket.on("message", (data: Buffer) => {
        seen.push(data.toString());
        if (/"t":"(live|refused)"/.test(data.toString())) resolve();
      });
    });
    await once(socket, "open");
    socket.send(JSON.stringify({ t: "subscribe", id: 1, what, from: 1, lines: true }));
    await live;
    const until = async (text: string) => {
      while (!seen.some((each) => each.includes(text))) await once(socket, "message");
    };
    return { seen, closed, until, isOpen: () => socket.readyState === WebSocket.OPEN };
  }

  test("brings shared lines as they come, none of a sibling, and ends when the share is taken back", async () => {
    const fresh = fakeExecution({ job: "train" });
    const beside = fakeExecution({ job: "train" });
    await relay.send(fresh.begin({ run: "r5" }), fresh.lines(1, ["early"]), beside.begin({ run: "r6" }));
    const { id } = await share(given(alice), { what: { job: "train", run: "r5" }, with: { user: "bob" } });
    const everything = await subscribed(given(bob), { all: true });
    const job = await subscribed(given(bob), { job: "train", owner: OWNER });
    const refused = await subscribed(given(bob), { x: beside.x, owner: OWNER });
    expect(refused.seen).toEqual([expect.stringContaining("not_found")]);
    await relay.send(beside.lines(1, ["beside"]), fresh.lines(2, ["as it comes"]));
    await Promise.all([everything.until("as it comes"), job.until("as it comes")]);
    expect(job.seen.some((each) => each.includes("early"))).toBe(true);
    expect([...everything.seen, ...job.seen].filter((each) => each.includes("beside"))).toEqual([]);
    const daves = await subscribed(given(dave), { all: true });
    await unshare(given(alice), id);
    expect((await Promise.all([everything.closed, job.closed, refused.closed])).map(([code]) => code)).toEqual([
      1012, 1012, 1012,
    ]);
    await relay.send(fresh.lines(3, ["not for him"]));
    const again = await subscribed(given(bob), { x: fresh.x, owner: OWNER });
    expect(again.seen).toEqual([expect.stringContaining("not_found")]);
    // Somebody else's socket stays.
    expect(daves.isOpen()).toBe(true);
  });

  test("of a member of a group: it ends when he leaves the group", async () => {
    const { id } = await share(given(alice), { what: { job: "train" }, with: { group: "team" } });
    expect(await readings(given(dave), one)).toEqual(SEES);
    expect(await readings(given(bob), one)).toEqual(SEES_NOTHING);
    const socket = await subscribed(given(dave), { job: "train", owner: OWNER });
    site.groups["team"] = [];
    await site.sharing.grants.recheck();
    expect((await socket.closed)[0]).toBe(1012);
    expect(await readings(given(dave), one)).toEqual(SEES_NOTHING);
    await unshare(given(alice), id);
  });
});
