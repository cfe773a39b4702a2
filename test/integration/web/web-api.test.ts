import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseExecution } from "../../../src/wire/api.ts";
import { asRecord } from "../../../src/wire/record.ts";
import { RUN_ID_RULE } from "../../../src/wire/run-id.ts";
import { parseStreamLooks } from "../../../src/wire/stream-looks.ts";
import { deferred } from "../../support/deferred.ts";
import type { FakeExecution } from "../../support/fake-archive.ts";
import { Browser, signedIn, startWeb } from "../../support/web.ts";

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
const OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FA1";
const MISSING = "01ARZ3NDEKTSV4RRFFQ69G5FA9";

describe("the API", () => {
  let web: Awaited<ReturnType<typeof startWeb>>;
  let execution: FakeExecution;
  let alice: Browser;
  let bob: Browser;
  let carol: Browser;

  beforeAll(async () => {
    web = await startWeb({ limits: { downloadsPerUser: 2 } });
    execution = web.archive.add({ x: X });
    execution.store(1, 10);
    execution.store(14, 300);
    web.archive.add({ x: OTHER, owner: "bob", job: "bobs" }).store(1, 3);
    alice = await signedIn(web.origin, "alice");
    bob = await signedIn(web.origin, "bob");
    carol = await signedIn(web.origin, "carol");
  });

  test.each([
    "/api/me",
    "/api/executions",
    `/api/executions/${X}`,
    `/api/executions/${X}/lines`,
    `/api/executions/${X}/raw`,
    "/api/run-download?job=train",
    "/api/nodes",
    "/api/jobs",
    "/api/runs",
    "/api/user-mismatches",
  ])("answers nothing without a session: %s", async (path) => {
    const { status, json } = await new Browser(web.origin).get(path);
    expect([status, json]).toEqual([401, { error: { code: "unauthorized", message: "Sign in first" } }]);
  });

  test("says who is signed in", async () => {
    expect((await alice.get("/api/me")).json).toEqual({ user: "alice", admin: false });
    expect((await carol.get("/api/me")).json).toEqual({ user: "carol", admin: true });
  });

  test("lists a user's own executions, and all for an administrator", async () => {
    const listed = async (browser: Browser, query = "") => {
      const page = asRecord((await browser.get(`/api/executions${query}`)).json);
      return Array.isArray(page?.["executions"]) ? page["executions"].map((each) => parseExecution(each)?.x) : [];
    };
    expect(await listed(alice)).toEqual([X]);
    expect(await listed(bob)).toEqual([OTHER]);
    expect(await listed(carol)).toEqual([OTHER, X]);
    expect(await listed(carol, "?owner=alice")).toEqual([X]);
  });

  test("deletes ended executions, only for their owner and from our own pages", async () => {
    const D = "01ARZ3NDEKTSV4RRFFQ69G5FA5";
    const doomed = web.archive.add({ x: D });
    const origin = { headers: { origin: web.origin } };
    const remove = (browser: Browser, init = {}) => browser.send("DELETE", `/api/executions/${D}?node=node1`, init);
    expect(await remove(alice, { headers: { origin: "http://evil.example" } })).toMatchObject({ status: 403 });
    expect(await remove(alice, origin)).toMatchObject({ status: 409, json: { error: { code: "running" } } });
    doomed.state = "failed";
    const foreign = await remove(bob, origin);
    const missing = await bob.send("DELETE", `/api/executions/${MISSING}?node=node1`, origin);
    expect([foreign.status, foreign.text]).toEqual([404, missing.text]);
    expect((await alice.get(`/api/executions/${D}`)).status).toBe(200);
    expect((await remove(alice, origin)).status).toBe(204);
    const who = { user: "alice", owner: "alice", address: "127.0.0.1" };
    expect(web.audited.at(-1)).toEqual({ event: "deletion", outcome: "ok", ...who, node: "node1", x: D });
    expect((await remove(alice, origin)).status).toBe(404);
    expect((await alice.get(`/api/executions/${D}`)).status).toBe(404);
  });

  test("records once what an administrator deletes of others, or tried to", async () => {
    const D = "01ARZ3NDEKTSV4RRFFQ69G5FA6";
    const doomed = web.archive.add({ x: D });
    const before = web.audited.length;
    const remove = () => carol.send("DELETE", `/api/executions/${D}?node=node1`, { headers: { origin: web.origin } });
    expect((await remove()).status).toBe(409);
    doomed.state = "finished";
    expect((await remove()).status).toBe(204);
    const who = { event: "deletion", user: "carol", owner: "alice", address: "127.0.0.1", node: "node1", x: D };
    expect(web.audited.slice(before)).toEqual([
      { ...who, outcome: "refused", reason: "running" },
      { ...who, outcome: "ok" },
    ]);
  });

  test("shows the look of the streams before a line", async () => {
    const { status, json } = await alice.get(`/api/executions/${X}/looks?n=2`);
    expect([status, parseStreamLooks(json)]).toEqual([200, { stdout: "", stderr: "" }]);
  });

  test("answers a user's other requests while the look of a stream is waited for", async () => {
    const looks = web.archive.looks.bind(web.archive);
    const { promise: opened, resolve: goOn } = deferred();
    const waited = new Promise<void>((waits) => {
      web.archive.looks = async (viewer, at) => {
        waits();
        await opened;
        return looks(viewer, at);
      };
    });
    const look = alice.get(`/api/executions/${X}/looks?n=2`);
    await waited;
    onTestFinished(goOn);
    expect((await alice.get(`/api/executions/${X}`)).status).toBe(200);
    goOn();
    expect((await look).status).toBe(200);
    web.archive.looks = looks;
  });

  test("shows one execution, also by its node", async () => {
    for (const path of [`/api/executions/${X}`, `/api/executions/${X}?node=node1`]) {
      const { status, headers, json } = await alice.get(path);
      expect([status, parseExecution(json)?.x]).toEqual([200, X]);
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test.each(["", "/lines", "/lines?from=0", "/looks?n=0", "/raw", "/raw?stream=none"])(
    "answers for another user's execution exactly as for a missing one, and for a bad id: %s",
    async (rest) => {
      const answers = [];
      for (const x of [OTHER, MISSING, "..%2f..%2fetc", "x".repeat(3_000), X.toLowerCase()]) {
        const { status, text, headers } = await alice.get(`/api/executions/${x}${rest}`);
        const shown = [...headers].filter(([name]) => name !== "date");
        answers.push(JSON.stringify({ status, text, shown }));
      }
      expect(new Set(answers).size).toBe(1);
      expect(answers[0]).toContain('"status":404');
    },
  );

  test.each([
    ["limit=0", "limit: expected a whole number from 1 to 500"],
    ["limit=501", "limit: expected a whole number from 1 to 500"],
    ["limit=1.5", "limit: expected"],
    ["limit=-1", "limit: expected"],
    ["limit=0x10", "limit: expected"],
    ["limit=1&limit=2", "limit: given twice"],
    ["state=dancing", "state: expected running, finished, failed, lost"],
    [`q=${"x".repeat(257)}`, "q: 257 characters, limit is 256"],
    [`job=${"x".repeat(129)}`, "job: 129 characters, limit is 128"],
    [`node=${"x".repeat(254)}`, "node: 254 characters, limit is 253"],
    [`before=${"x".repeat(513)}`, "before: 513 characters, limit is 512"],
  ])("refuses a bad list query and names the limit: %s", async (query, message) => {
    const { status, json } = await alice.get(`/api/executions?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "bad_request", message: expect.stringContaining(message) } });
  });

  test.each([
    ["lines?from=0", "from: expected a whole number from 1"],
    ["lines?from=9007199254740993", "from: expected"],
    ["lines?last=5001", "last: expected a whole number from 1 to 5000"],
    ["lines?limit=5001", "limit: expected a whole number from 1 to 5000"],
    ["looks?n=0", "n: expected a whole number from 1"],
    ["raw?stream=both", "stream: expected stdout or stderr"],
  ])("refuses a bad query of an execution: %s", async (path, message) => {
    const { status, json } = await alice.get(`/api/executions/${X}/${path}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });

  test.each([
    ["", [1, 10, 14, 203], 200, 204],
    ["?from=5&limit=3", [5, 7], 3, 8],
    ["?from=8&limit=3", [8, 10], 3, 14],
    ["?from=11&limit=2", [14, 15], 2, 16],
    ["?from=299&limit=5", [299, 300], 2, null],
    ["?from=301", [], 0, null],
    ["?last=2", [299, 300], 2, null],
  ])("pages through lines, over holes: %s", async (query, ends, count, next) => {
    const page = asRecord((await alice.get(`/api/executions/${X}/lines${query}`)).json);
    const lines = Array.isArray(page?.["lines"]) ? page["lines"].map((line) => Number(asRecord(line)?.["n"])) : [];
    expect(lines).toHaveLength(count);
    expect(page?.["next"]).toBe(next);
    for (const n of ends) expect(lines).toContain(n);
  });

  test("of long lines the last ones are fewer, and the end", async () => {
    const long = web.archive.add({ x: "01ARZ3NDEKTSV4RRFFQ69G5FA3" });
    long.store(1, 2_000, (n) => `${n} ${"x".repeat(4_095)}`);
    const page = asRecord((await alice.get(`/api/executions/${long.x}/lines?last=2000`)).json);
    const lines = Array.isArray(page?.["lines"]) ? page["lines"].map((line) => Number(asRecord(line)?.["n"])) : [];
    expect([lines[0], lines.at(-1), lines.length, page?.["next"]]).toEqual([1_001, 2_000, 1_000, null]);
  });

  test("gives lines as text if they are UTF-8, and as base64 otherwise", async () => {
    const odd = web.archive.add({ x: "01ARZ3NDEKTSV4RRFFQ69G5FA2" });
    odd.store(1, 1, () => "grün 😀");
    const broken = Buffer.concat([odd.lines(1, 1).cri.subarray(0, 37), Buffer.from([0xff, 0xfe, 0x41, 10])]);
    const read = web.archive.read.bind(web.archive);
    web.archive.read = async (viewer, at) => {
      const pieces = await read(viewer, at);
      const hasSecond = at.x === odd.x && at.from === 1;
      return hasSecond ? [{ firstN: 1, count: 2, cri: Buffer.concat([odd.lines(1, 1).cri, broken]) }] : pieces;
    };
    const { json } = await alice.get(`/api/executions/${odd.x}/lines`);
    const time = "2026-11-20T04:17:44.960662Z";
    expect(json).toEqual({
      lines: [
        { n: 1, time, stream: "stdout", text: "grün 😀", fragment: false },
        { n: 2, time, stream: "stdout", b64: "//5B", fragment: false },
      ],
      next: null,
    });
  });

  test("lists nodes and jobs of own executions", async () => {
    expect((await alice.get("/api/nodes")).json).toMatchObject({ nodes: [{ node: "node1" }] });
    expect((await alice.get("/api/jobs")).json).toMatchObject({ jobs: [{ job: "train", owner: "alice" }] });
    expect((await bob.get("/api/jobs")).json).toMatchObject({ jobs: [{ job: "bobs" }] });
  });

  test("lists runs of own jobs, and executions by run", async () => {
    const get = async (browser: Browser, path: string) => (await browser.get(`/api/${path}`)).json;
    expect(await get(alice, "runs?job=train")).toMatchObject({
      runs: expect.arrayContaining([expect.objectContaining({ job: "train", run: X, executions: 1 })]),
    });
    expect(await get(bob, "runs?job=train")).toEqual({ runs: [], next: null });
    expect(await get(alice, `executions?job=train&run=${X}`)).toMatchObject({ executions: [{ x: X, run: X }] });
    expect(await get(alice, "executions?job=train&run=4711")).toMatchObject({ executions: [] });
    const problem = (message: string) => ({ error: { code: "bad_request", message } });
    expect(await get(alice, `executions?run=${X}`)).toEqual(problem("run: name its job as well"));
    expect(await get(alice, "executions?job=train&run=a%20b")).toEqual(
      problem(`run: expected ${RUN_ID_RULE}, got "a b"`),
    );
  });

  test("shows uids that mean somebody else to administrators alone", async () => {
    const mismatches = [{ node: "node1", uid: 1_001, there: "bob", here: "alice" }];
    expect((await carol.get("/api/user-mismatches")).json).toEqual({ mismatches });
    expect((await alice.get("/api/user-mismatches")).json).toEqual({ mismatches: [] });
  });

  test("records what an administrator reads of others, and nothing else", async () => {
    const before = web.audited.length;
    await alice.get(`/api/executions/${X}`);
    expect(web.audited.slice(before)).toEqual([]);
    for (const path of [`executions/${X}/lines`, `executions/${X}/raw`, "jobs", "nodes", "runs"]) {
      await carol.get(`/api/${path}`);
    }
    await carol.get("/api/executions");
    const read = { event: "admin-read", outcome: "ok", user: "carol", address: "127.0.0.1" };
    expect(web.audited.slice(before)).toEqual([
      { ...read, owner: ["alice"], target: `GET /api/executions/${X}/lines` },
      { ...read, owner: ["alice"], target: `GET /api/executions/${X}/raw` },
      { ...read, owner: "all", target: "GET /api/jobs" },
      { ...read, owner: "all", target: "GET /api/nodes" },
      { ...read, owner: expect.arrayContaining(["alice", "bob"]), target: "GET /api/runs" },
      { ...read, owner: expect.arrayContaining(["alice", "bob"]), target: "GET /api/executions" },
    ]);
  });

  test.each([
    ["GET", "/api/nothing", 404, "not_found"],
    ["GET", "/api/", 404, "not_found"],
    ["GET", "/api/executions/%", 400, "bad_request"],
    ["POST", "/api/executions", 404, "not_found"],
    ["GET", "/no-such-file.js", 404, "not_found"],
  ])("answers %s %s with the common error shape", async (method, path, status, code) => {
    const answer = await alice.send(method, path, { headers: { origin: web.origin } });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ error: { code, message: expect.any(String) } });
  });

  test("hides internal errors, and logs them", async () => {
    const nodes = web.archive.nodes.bind(web.archive);
    web.archive.nodes = async () => {
      throw new Error("secret detail");
    };
    const { status, text } = await alice.get("/api/nodes");
    web.archive.nodes = nodes;
    expect(status).toBe(500);
    expect(text).not.toContain("secret detail");
    expect(web.events.join("\n")).toContain("secret detail");
  });
});

test("many requests of one user at once run one after the other, and delay nobody else by more than one", async () => {
  const { archive, origin } = await startWeb();
  archive.add({ x: X }).store(1, 10);
  archive.add({ x: OTHER, owner: "bob" }).store(1, 3);
  const [alice, bob] = [await signedIn(origin, "alice"), await signedIn(origin, "bob")];
  const order: string[] = [];
  const running = { now: 0, most: 0 };
  const read = archive.read.bind(archive);
  const first = deferred();
  const isHers = deferred();
  archive.read = async (viewer, at) => {
    order.push(viewer.user);
    if (viewer.user === "bob") return read(viewer, at);
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    isHers.resolve();
    await first.promise;
    running.now -= 1;
    return read(viewer, at);
  };
  const all = Array.from({ length: 30 }, () => alice.get(`/api/executions/${X}/lines`));
  await isHers.promise;
  // Hers waits, and his is answered.
  expect((await bob.get(`/api/executions/${OTHER}/lines`)).status).toBe(200);
  expect(order).toEqual(["alice", "bob", "bob"]);
  first.resolve();
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(30).fill(200));
  expect(running.most).toBe(1);
});
