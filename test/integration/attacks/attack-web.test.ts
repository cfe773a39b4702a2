import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { ApiClient } from "../../support/api-client.ts";
import { afterwards } from "../../support/cleanup.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { program } from "../../support/programs.ts";
import { RelpClient } from "../../support/relp-client.ts";
import { createTestUser, describeAsRoot, startAsRoot, type TestUser } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MISSING = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const SECRET = "alices-own-words";

const credentials = ({ name, password }: TestUser) => ({ user: name, password });

describeAsRoot("bob, who has a password and wants what is alice's, on a real collector", () => {
  let collectorSaid: () => string;
  let alice: TestUser;
  let bob: TestUser;
  let relay: RelpClient;
  let hers: FakeExecution;
  let origin: string;
  let asAlice: ApiClient;
  let asBob: ApiClient;

  beforeAll(async () => {
    [alice, bob] = [await createTestUser("mla"), await createTestUser("mlb")];
    const dataDir = join(await tempFolder(), "data");
    const [relp, web] = [await freePort(), await freePort()];
    const places = ["--data-dir", dataDir, "--relp", `127.0.0.1:${relp}`, "--web", `127.0.0.1:${web}`];
    const [command, ...args] = program("mlcollector", ...places, "--insecure");
    const collector = startAsRoot(command, ...args);
    collectorSaid = () => collector.output();
    await collector.waitFor(/listening for browsers/);
    relay = await RelpClient.open(relp);
    afterwards(() => relay.destroy());
    hers = fakeExecution({ node: "alicenode", job: SECRET });
    const begin = hers.begin({ argv: ["/bin/sh", SECRET], labels: { what: SECRET } }, alice.uid);
    await relay.send(begin, hers.lines(1, [SECRET, SECRET]));
    origin = `http://127.0.0.1:${web}`;
    [asAlice, asBob] = [new ApiClient(origin), new ApiClient(origin)];
    expect(await asAlice.login(credentials(alice))).toBe(204);
    expect(await asBob.login(credentials(bob))).toBe(204);
    expect(await asAlice.executions(`q=${SECRET}`)).toHaveLength(1);
  });

  /** Status, headers and body, without times. */
  async function whole(path: string, init: RequestInit = {}): Promise<string> {
    const response = await asBob.request(path, init);
    const headers = [...response.headers].filter(([name]) => name !== "date");
    return JSON.stringify([response.status, headers, await response.text()]);
  }

  test.each([
    "",
    "?node=alicenode",
    "?owner=OWNER",
    "/lines?owner=OWNER",
    "/raw?owner=OWNER&node=alicenode",
    "/lines",
    "/lines?from=1&limit=5",
    "/lines?from=0",
    "/raw",
    "/raw?stream=stdout",
  ])("gets the same bytes for her execution as for a missing one: %s", async (rest) => {
    const query = rest.replace("OWNER", alice.name);
    const foreign = await whole(`/api/executions/${hers.x}${query}`);
    expect(foreign).toBe(await whole(`/api/executions/${MISSING}${query}`));
    expect(foreign).toMatch(/^\[404,/);
  });

  test("cannot delete it, and learns nothing by trying", async () => {
    const init = { method: "DELETE" };
    for (const query of ["", `?owner=${alice.name}`]) {
      const foreign = await whole(`/api/executions/${hers.x}${query}`, init);
      expect(foreign).toBe(await whole(`/api/executions/${MISSING}${query}`, init));
    }
    expect((await asAlice.lines(hers.x)).lines).toHaveLength(2);
  });

  test("finds nothing of hers in lists, by job, node, state, text or place", async () => {
    const [{ startedAt } = { startedAt: "" }] = await asAlice.executions();
    const places = [`${startedAt}/${hers.x}z/alicenode/${alice.name}`, "9/9/9/9", `' OR owner='${alice.name}'--/x/y/z`];
    const queries = ["", `q=${SECRET}`, `q=${hers.x}`, "q=%25", `job=${SECRET}`, "node=alicenode", "state=running"];
    const owned = [`owner=${alice.name}`, `owner=${alice.name}&job=${SECRET}`, "owner=nobody"];
    for (const query of [...owned, ...queries, ...places.map((place) => `before=${encodeURIComponent(place)}`)]) {
      expect(await whole(`/api/executions?${query}`), query).toContain('{\\"executions\\":[],\\"next\\":null}');
    }
    expect(await whole("/api/jobs")).toContain('{\\"jobs\\":[]}');
    expect(await whole("/api/nodes")).toContain('{\\"nodes\\":[]}');
  });

  test("sees none of her executions on a WebSocket, past or live", async () => {
    const headers = { cookie: asBob.cookie, origin };
    const socket = new WebSocket(`${origin.replace("http", "ws")}/live`, { headers });
    afterwards(() => socket.terminate());
    let got = "";
    socket.on("message", (data) => {
      got += `${data}\n`;
    });
    await once(socket, "open");
    const jobs = [{ job: SECRET }, { job: SECRET, owner: alice.name }];
    const targets = [
      { x: hers.x },
      { x: MISSING },
      { x: hers.x, node: "alicenode" },
      { x: hers.x, owner: alice.name },
      ...jobs,
      { all: true },
    ];
    targets.forEach((what, id) => {
      socket.send(JSON.stringify({ t: "subscribe", id, what, from: 1, lines: true }));
    });
    await poll("all are answered", () => (got.match(/"t":"(refused|live)"/g) ?? []).length === targets.length);
    const refusal = (id: number) => got.split("\n").find((line) => line.includes(`"id":${id},"code"`));
    expect(refusal(1)).toBe(refusal(0)?.replace('"id":0', '"id":1'));
    // His own line arrives, sent after hers: hers would have come first.
    const his = fakeExecution({ job: SECRET });
    await relay.send(hers.lines(3, [SECRET]), hers.beat(3, 1));
    await relay.send(his.begin({}, bob.uid), his.lines(1, ["bobs"]));
    await poll("his own came", () => got.includes(his.x) && got.includes("bobs"));
    expect(got).not.toContain(hers.x);
    expect(got).not.toContain(alice.name);
    // A signed-out cookie opens nothing, and what it had opened is shut.
    const closed = once(socket, "close");
    const stolen = new ApiClient(origin);
    expect(await stolen.login(credentials(bob))).toBe(204);
    await asBob.request("/api/logout", { method: "POST" });
    expect((await closed)[0]).toBe(4401);
    expect((await asBob.request("/api/me")).status).toBe(401);
    asBob = stolen;
  });

  test.each([
    ["encoded slashes", "/api/executions/..%2f..%2f..%2fetc%2fpasswd"],
    ["encoded dots", "/api/executions/%2e%2e/%2e%2e/index.db"],
    ["dots", "/api/executions/../../../../etc/passwd"],
    ["NUL", "/api/executions/X%00/lines"],
    ["encoded slashes in a page's", "/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"],
    ["encoded slashes in an asset's", "/assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd"],
    ["dots in an asset's", "/assets/../../../../../etc/passwd"],
    ["encoded dots in an asset's", "/assets/%2e%2e/%2e%2e/package.json"],
    ["NUL in a page's", "/.%00/index.html"],
    ["two slashes", "//etc/passwd"],
    ["two slashes inside", "/api//executions/x"],
    ["another host", "http://evil.example/api/me"],
    ["dots without end", `/api/executions/${"%2e".repeat(3_000)}`],
    ["a name without end", `/api/executions/${"x".repeat(20_000)}`],
    ["half an escape", "/api/executions/%"],
    ["no UTF-8", "/api/executions/%ff%fe"],
    ["a control", "/api/executions/\u0001"],
  ])("gets no file by a trick with the path: %s", async (_, path) => {
    const { port } = new URL(origin);
    const socket = connect(Number(port), "127.0.0.1");
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${asBob.cookie}\r\nConnection: close\r\n\r\n`;
    socket.write(head);
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    await once(socket, "close");
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|401|404|431) /);
    // Other paths give the viewer's own page or a refusal.
    if (answer.startsWith("HTTP/1.1 200")) expect(answer).toMatch(/<title>|^\{"user"/m);
    for (const inside of ["root:", "SQLite", '"devDependencies"', alice.name, SECRET])
      expect(answer).not.toContain(inside);
    expect((await asBob.request("/api/me")).status).toBe(200);
  });

  test("cannot split a header through a request", async () => {
    const response = await asBob.request(
      `/api/executions/${hers.x}/raw?stream=${encodeURIComponent("x\r\nSet-Cookie: a=b")}`,
    );
    expect(response.headers.get("set-cookie")).toBeNull();
    const odd = fakeExecution({ job: 'a"\r\nSet-Cookie: a=b' });
    await relay.send(
      odd.begin({ argv: ['x"\r\nX-Evil: 1'], labels: { "a\r\nb": "c\r\nd" } }, bob.uid),
      odd.lines(1, ["fine"]),
    );
    const raw = await asBob.request(`/api/executions/${odd.x}/raw`);
    expect([raw.status, await raw.text(), raw.headers.get("x-evil")]).toEqual([200, "fine\n", null]);
    expect(raw.headers.get("content-disposition")).toBe(`attachment; filename="${odd.x}.node1.output.txt"`);
  });

  test("guessing her password delays nobody, and locks her out only from his address", async () => {
    let answered = 0;
    const guesses = Array.from({ length: 5 }, async (_, i) => {
      const status = await loginFrom("127.0.0.2", { user: alice.name, password: `guess${i}` });
      answered += 1;
      return status;
    });
    // A refusal leaves after seconds. Meanwhile others are answered, lines are stored and shown.
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    expect(answered).toBeLessThan(guesses.length);
    const during = fakeExecution();
    await relay.send(during.begin({}, alice.uid), during.lines(1, ["while one guesses"]), during.end(1));
    expect((await asAlice.lines(during.x)).lines).toHaveLength(1);
    const statuses = await Promise.all(guesses);
    expect(collectorSaid()).not.toMatch(/cannot ask PAM|cannot look up/);
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
    expect(await loginFrom("127.0.0.2", credentials(alice))).toBe(429);
    expect(await loginFrom("127.0.0.3", credentials(alice))).toBe(204);
    expect((await asAlice.request("/api/me")).status).toBe(200);
  });

  function loginFrom(localAddress: string, body: { user: string; password: string }): Promise<number> {
    const headers = { origin, "content-type": "application/json" };
    const { port } = new URL(origin);
    const asked = request({ host: "127.0.0.1", port, path: "/api/login", method: "POST", localAddress, headers });
    asked.end(JSON.stringify(body));
    return once(asked, "response").then(([response]) => response.resume().statusCode);
  }
});
