import { beforeAll, expect, onTestFinished, test } from "vitest";
import { deferred } from "../../support/deferred.ts";
import { poll } from "../../support/poll.ts";
import { type Browser, signedIn, startWeb } from "../../support/web.ts";

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
const OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FA1";

let web: Awaited<ReturnType<typeof startWeb>>;
let alice: Browser;
let bob: Browser;

beforeAll(async () => {
  web = await startWeb({ limits: { downloadsPerUser: 2 } });
  const execution = web.archive.add({ x: X });
  execution.store(1, 10);
  execution.store(14, 300);
  web.archive.add({ x: OTHER, owner: "bob", job: "bobs" }).store(1, 3);
  alice = await signedIn(web.origin, "alice");
  bob = await signedIn(web.origin, "bob");
});

test("gives the printed bytes, of one stream or both", async () => {
  const all = await alice.get(`/api/executions/${X}/raw`);
  expect(all.text.split("\n")).toHaveLength(298);
  expect(all.text.startsWith("line 1\nline 2\n")).toBe(true);
  expect(all.headers.get("content-type")).toBe("application/octet-stream");
  expect(all.headers.get("content-disposition")).toBe(`attachment; filename="${X}.node1.output.txt"`);
  expect(all.headers.get("x-content-type-options")).toBe("nosniff");
  const errors = await alice.get(`/api/executions/${X}/raw?stream=stderr`);
  expect(errors.text.startsWith("line 5\nline 10\nline 15\n")).toBe(true);
});

test("gives the printed bytes of a whole run, as text or as an archive, to its owner", async () => {
  const path = `/api/run-download?job=train&run=${X}`;
  const { status, text, headers } = await alice.get(path);
  expect([status, headers.get("content-disposition")]).toEqual([200, `attachment; filename="train.${X}.txt"`]);
  expect(text).toMatch(new RegExp(`^==> node1 ".*" ${X} <==\nline 1\nline 2\n`));
  const zip = await alice.get(`${path}&form=zip`);
  expect([zip.status, zip.text.slice(0, 2)]).toEqual([200, "PK"]);
  expect((await alice.get(`${path}&form=gzip`)).headers.get("content-type")).toBe("application/gzip");
  for (const foreign of [path, `${path}&owner=alice`]) expect((await bob.get(foreign)).status).toBe(404);
  expect((await alice.get(`${path}&form=rar`)).status).toBe(400);
  expect((await alice.get("/api/run-download")).status).toBe(400);
});

test("names a zipped file by a command of 64 characters at most, and zips no more files than it can list", async () => {
  const x = "01ARZ3NDEKTSV4RRFFQ69G5FA7";
  web.archive.add({ x, job: "long", command: "c".repeat(300) }).store(1, 1);
  const path = "/api/run-download?job=long&form=zip";
  expect((await alice.get(path)).text).toContain(`node1.${"c".repeat(64)}.${x}.txt`);
  const jobs = web.archive.jobs.bind(web.archive);
  web.archive.jobs = async (viewer) => (await jobs(viewer)).map((job) => ({ ...job, executions: 65_537 }));
  onTestFinished(() => {
    web.archive.jobs = jobs;
    web.archive.executions.pop();
  });
  const { status, json } = await alice.get(path);
  const message = "Cannot zip 65537 executions, limit is 65536: download one run at a time, or as text";
  expect([status, json]).toEqual([413, { error: { code: "too_large", message } }]);
  expect((await alice.get(`${path}&run=${x}`)).status).toBe(200);
});

test("looks for the executions of no more downloads of a user than may run at once", async () => {
  const list = web.archive.list.bind(web.archive);
  const { promise: opened, resolve: goOn } = deferred();
  let listing = 0;
  web.archive.list = async (viewer, query) => {
    listing += 1;
    await opened;
    return list(viewer, query);
  };
  onTestFinished(() => {
    goOn();
    web.archive.list = list;
  });
  const download = () => alice.get(`/api/run-download?job=train&run=${X}`);
  const running = [download(), download()];
  await poll("two that look", () => listing === 2);
  expect((await download()).status).toBe(429);
  goOn();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await download()).status).toBe(200);
});

test("answers HEAD without reading the log", async () => {
  const { status, text } = await alice.send("HEAD", `/api/executions/${X}/raw`);
  expect([status, text]).toEqual([200, ""]);
});

test("reports a log that cannot be read at all", async () => {
  const raw = web.archive.raw.bind(web.archive);
  // biome-ignore lint/correctness/useYield: it fails before.
  web.archive.raw = async function* () {
    throw new Error("EIO");
  };
  const { status, headers, json } = await alice.get(`/api/executions/${X}/raw`);
  web.archive.raw = raw;
  expect([status, json]).toMatchObject([500, { error: { code: "internal" } }]);
  expect(headers.get("content-type")).toContain("application/json");
  expect(headers.get("content-disposition")).toBeNull();
});

test("cuts the answer short, detectably, when reading fails midway", async () => {
  const failing = web.archive.add({ x: "01ARZ3NDEKTSV4RRFFQ69G5FA3" });
  failing.store(1, 2);
  const raw = web.archive.raw.bind(web.archive);
  web.archive.raw = async function* (viewer, what) {
    yield* raw(viewer, what);
    if (what.x === failing.x) throw new Error("EIO");
  };
  await expect(alice.get(`/api/executions/${failing.x}/raw`)).rejects.toThrow();
  expect(web.events.join("\n")).toContain("EIO");
});

test("bounds each user's downloads, independent of others", async () => {
  const { promise: released, resolve: release } = deferred();
  let reading = 0;
  web.archive.pause = () => {
    reading += 1;
    return released;
  };
  const get = web.archive.get.bind(web.archive);
  web.archive.get = async (_viewer, { x }) => web.archive.executions.find((each) => each.x === x)?.summary();
  const running = [alice.get(`/api/executions/${X}/raw`), alice.get(`/api/executions/${X}/raw`)];
  // They come over connections of their own, in any order.
  await poll("two that read", () => reading === 2);
  const third = await alice.get(`/api/executions/${X}/raw`);
  const foreign = bob.get(`/api/executions/${OTHER}/raw`);
  release();
  web.archive.pause = async () => undefined;
  web.archive.get = get;
  expect(third.status).toBe(429);
  expect(third.json).toMatchObject({ error: { code: "too_many" } });
  expect((await foreign).status).toBe(200);
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await alice.get(`/api/executions/${X}/raw`)).status).toBe(200);
});
