import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import type { SearchEvent } from "../../../src/wire/search-event.ts";
import { parseSearchRequest } from "../../../src/wire/search-request.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, untilMetric } from "../../support/ingest-site.ts";
import { ask, disorderly, shownIn, startSearch } from "../../support/search-asks.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test.each([
  ["no pattern", {}, 400, /pattern: expected a text/],
  ["a line feed", { pattern: "a\nb" }, 400, /line feed/],
  ["half an expression", { pattern: "(a", regex: true }, 400, /unclosed group/],
  ["an expression too large to compile", { pattern: "(a{1000}){1000}", regex: true }, 400, /larger than \d+ bytes/],
  ["a pattern of more than 1 KiB", { pattern: "é".repeat(513) }, 400, /1026 bytes, limit is 1024/],
  ["too much context", { pattern: "a", before: 21 }, 400, /before: expected a whole number from 0 to 20/],
])("%s is refused before anything is searched", async (_, body, status, message) => {
  const { alice } = await startSearch();
  const answer = await alice.post("/api/search", { what: { all: true }, ...body });
  expect(answer).toMatchObject({ status, text: expect.stringMatching(message) });
});

test("a refusal names the problem and its values, for clients with their own wording", async () => {
  const { alice } = await startSearch();
  const problemOf = async (body: object): Promise<unknown> => {
    const { text } = await alice.post("/api/search", { what: { all: true }, ...body });
    return (JSON.parse(text) as { error: { problem?: unknown } }).error.problem;
  };
  expect(await problemOf({ pattern: "ab(", regex: true })).toEqual({ is: "regex-unclosed-group", values: { at: 3 } });
  expect(await problemOf({ pattern: "é".repeat(513) })).toEqual({
    is: "bytes",
    values: { name: "pattern", bytes: 1_026, limit: 1_024 },
  });
});

test("needs a session, and an Origin that is the viewer's own", async () => {
  const { web, alice } = await startSearch();
  const body = JSON.stringify({ what: { all: true }, pattern: "a" });
  const headers = { "content-type": "application/json" };
  expect((await alice.send("POST", "/api/search", { headers, body })).status).toBe(403);
  const nobody = await fetch(`${web.origin}/api/search`, { method: "POST", headers, body });
  expect(nobody.status).toBe(401);
});

/** Too many states for a table: ripgrep takes about 3 s for each MB of such text. */
const ENDLESS = { pattern: "a.{200}[0-9c-z]", regex: true };

async function withMuchText(on: IngestSite): Promise<void> {
  const one = fakeExecution();
  const relay = await openRelay(on);
  const line = Array.from(randomBytes(6_000), (byte) => (byte % 2 === 0 ? "a" : "b")).join("");
  await relay.send(one.begin(), ...Array.from({ length: 600 }, (_, i) => one.lines(i + 1, [line])));
}

test("a hostile expression ends at its time, and is counted", async () => {
  const { on, alice } = await startSearch({ maxMs: 100 });
  await withMuchText(on);
  const events = await ask(alice, ENDLESS);
  expect(events.at(-1)).toMatchObject({ t: "end", capped: true, why: "time" });
  expect(await metric(on, "ml_searches_total", '"time"')).toBe(1);
  expect(await metric(on, "ml_searches_running")).toBe(0);
});

test("a search ends with its request; the next one, which waited, begins", async () => {
  const { on, web, alice } = await startSearch({ searches: 1 });
  await withMuchText(on);
  const gone = new AbortController();
  const headers = { cookie: alice.cookie, origin: web.origin, "content-type": "application/json" };
  const body = JSON.stringify({ what: { all: true }, ...ENDLESS });
  const endless = fetch(`${web.origin}/api/search`, { method: "POST", headers, body, signal: gone.signal });
  await untilMetric(on, "ml_searches_running", 1);
  const waiting = ask(alice, { pattern: "b", limit: 1 });
  await untilMetric(on, "ml_searches_waiting", 1);
  gone.abort();
  await endless.then((response) => response.text()).catch(() => undefined);
  const events = await waiting;
  expect(events[0]).toEqual({ t: "waiting", ahead: 1 });
  expect(shownIn(events)).toHaveLength(1);
  expect(await metric(on, "ml_searches_total", '"gone"')).toBe(1);
});

test("a search that waits, or finds nothing for long, says so: its connection is not taken for dead", async () => {
  const { on, alice } = await startSearch({ searches: 1, maxMs: 2_000, sayEveryMs: 20 });
  await withMuchText(on);
  const first = ask(alice, ENDLESS);
  await untilMetric(on, "ml_searches_running", 1);
  const second = await ask(alice, ENDLESS);
  const count = (events: readonly SearchEvent[], t: SearchEvent["t"]) => events.filter((event) => event.t === t).length;
  expect(count(await first, "progress")).toBeGreaterThan(1);
  expect(count(second, "waiting")).toBeGreaterThan(1);
  expect(second.at(-1)).toMatchObject({ t: "end" });
});

test("too many searches of one user are refused", async () => {
  const { on, alice, searches } = await startSearch();
  await withMuchText(on);
  const viewer = { user: "root", uid: 1001, admin: false };
  const gone = new AbortController();
  const request = { what: { all: true as const }, pattern: "b" };
  const full = parseSearchRequest({ ...request, ...ENDLESS });
  if ("problem" in full) throw new Error(full.problem);
  const all = Array.from({ length: 10 }, () => searches.run(viewer, full, gone.signal));
  const begun = all.map((search) => search.next());
  await untilMetric(on, "ml_searches_waiting", 8);
  expect(await alice.post("/api/search", request)).toMatchObject({ status: 429 });
  gone.abort();
  await Promise.all(begun);
  await Promise.all(all.map((search) => search.return()));
  expect(await metric(on, "ml_searches_running")).toBe(0);
});

test("without ripgrep the answer is 503 and says what to install", async () => {
  vi.stubEnv("PATH", "/nonexistent");
  afterwards(() => void vi.unstubAllEnvs());
  const { on, alice } = await startSearch();
  await disorderly(on);
  for (const pattern of ["a", "Error on"]) {
    const answer = await alice.post("/api/search", { what: { all: true }, pattern });
    expect(answer).toMatchObject({ status: 503, text: expect.stringContaining("apt-get install ripgrep") });
  }
  expect(await metric(on, "ml_searches_total", '"refused"')).toBe(2);
});

test("where ripgrep turns out to be missing after the first events, the end says so", async () => {
  const file = join(await tempFolder(), "worker.mjs");
  writeFileSync(
    file,
    `import { parentPort } from "node:worker_threads";
    parentPort.on("message", ({ t }) => {
      if (t === "search") parentPort.postMessage({ t: "events", events: Buffer.from('{"t":"progress","hits":0,"executions":1,"bytes":9}\\n') });
      if (t === "sent") parentPort.postMessage({ t: "refused", why: "unavailable", is: "ripgrep", values: {} });
    });`,
  );
  const { alice } = await startSearch({ workerFile: pathToFileURL(file) });
  const events = await ask(alice, { pattern: "a text" });
  const problem = { is: "ripgrep", values: {} };
  expect(events).toMatchObject([{ t: "progress" }, { t: "end", capped: true, why: "refused", problem }]);
});
