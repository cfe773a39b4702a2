import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import express, { type Request } from "express";
import { beforeAll, expect, test } from "vitest";
import { FoundText } from "../../../src/web/found-text.ts";
import { answerErrors } from "../../../src/web/http-error.ts";
import { createSearchApi } from "../../../src/web/search-api.ts";
import { createSearchDownloadApi } from "../../../src/web/search-download-api.ts";
import { UserPlaces } from "../../../src/web/user-places.ts";
import type { SearchEvent } from "../../../src/wire/search-event.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { type SearchSite, startSearchSite } from "../../support/search-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Browser, signedIn } from "../../support/web.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
const PIECE = "x".repeat(3_000);
const END = { t: "end", capped: true, hits: 7, executions: 1, bytes: 9, longLines: 0, unreadable: 0 } as const;
const one = fakeExecution({ job: "train" });

let site: SearchSite;
let alice: Browser;

beforeAll(async () => {
  site = await startSearchSite();
  alice = await signedIn(site.web.origin, "alice");
  const relay = await openRelay(site.on);
  await relay.send(
    one.begin({ run: "r1" }),
    one.lines(1, ["one", "an error, 1"]),
    one.lines(3, [`error ${PIECE}`], { fragment: true }),
    one.lines(4, ["between"], { stderr: true }),
    one.lines(5, [PIECE]),
    one.lines(6, ["an error, 2"], { stderr: true }),
    one.end(6),
  );
});

const path = (search: object, form = "bare"): string =>
  `/api/search-text?form=${form}&search=${encodeURIComponent(JSON.stringify({ what: { job: "train" }, ...search }))}`;

test("lines that are found come as text, whole and as printed, bare or with time and node", async () => {
  const { status, text, headers } = await alice.get(path({ pattern: "error" }));
  expect([status, headers.get("content-disposition")]).toEqual([200, 'attachment; filename="lines.txt"']);
  expect(text).toBe(`an error, 1\nerror ${PIECE}${PIECE}\nan error, 2\n`);
  const timed = await alice.get(path({ pattern: "an error", before: 3, limit: 1 }, "timed"));
  expect(timed.text).toBe(`${TIME} ${one.node} an error, 1\n${TIME} ${one.node} an error, 2\n`);
  expect((await alice.get(path({ pattern: "nothing" }))).text).toBe("");
});

test("nobody finds another user's lines; a malformed search is refused", async () => {
  const bob = await signedIn(site.web.origin, "bob");
  expect((await bob.get(path({ pattern: "error" }))).text).toBe("");
  expect((await alice.get("/api/search-text?search=x")).status).toBe(400);
  expect((await alice.get(path({ pattern: "error" }, "pdf"))).status).toBe(400);
  expect((await alice.get(`/api/search-text?search=${"x".repeat(8_193)}`)).status).toBe(400);
});

/** The two answers of a search alone; their client may go before it is known who it is. */
async function served(options: { readonly places?: UserPlaces; readonly onAsked?: () => Promise<void> } = {}) {
  const viewer = { user: "alice", uid: 0, admin: false };
  const aborted: boolean[] = [];
  const shared = {
    viewerOf: async ({ res }: Request) => {
      await Promise.all([options.onAsked?.(), ...(options.onAsked && res ? [once(res, "close")] : [])]);
      return viewer;
    },
    recordRead: () => undefined,
    search: {
      run: async function* (_viewer: unknown, _asked: unknown, signal: AbortSignal) {
        aborted.push(signal.aborted);
        yield Buffer.from(`${JSON.stringify(END)}\n`);
      },
    },
  };
  const { places = new UserPlaces({ what: "start a download", most: 1, retryAfterSeconds: 1 }) } = options;
  const app = express();
  app.use("/api", express.json(), createSearchApi(shared));
  app.use("/api", createSearchDownloadApi({ ...shared, places, archive: { read: async () => [] } }));
  app.use(answerErrors({ event: () => undefined }));
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(() => void server.close());
  const at = server.address();
  return { origin: `http://127.0.0.1:${typeof at === "object" ? at?.port : ""}`, aborted };
}

test("HEAD searches nothing", async () => {
  const { origin, aborted } = await served();
  const { status, headers } = await fetch(origin + path({ pattern: "error" }), { method: "HEAD" });
  expect([status, headers.get("content-type"), aborted]).toEqual([200, "text/plain; charset=utf-8", []]);
});

test("one download too many is refused", async () => {
  const places = new UserPlaces({ what: "start a download", most: 1, retryAfterSeconds: 1 });
  const { origin } = await served({ places });
  const leave = places.take(0);
  expect((await fetch(origin + path({ pattern: "error" }))).status).toBe(429);
  leave();
  expect((await fetch(origin + path({ pattern: "error" }))).status).toBe(200);
});

test("a search whose client goes while it is determined who that is ends at once", async () => {
  const gone = [new AbortController(), new AbortController()];
  let asked = 0;
  const { origin, aborted } = await served({ onAsked: async () => gone[asked++]?.abort() });
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ what: { all: true }, pattern: "error" });
  for (const [i, [address, init]] of [
    [path({ pattern: "error" }), {}] as const,
    ["/api/search", { method: "POST", headers, body }] as const,
  ].entries()) {
    await expect(fetch(origin + address, { ...init, signal: gone[i]?.signal ?? null })).rejects.toThrow();
    await poll("the search", () => aborted.length === i + 1);
  }
  expect(aborted).toEqual([true, true]);
});

test("the last line names the missing lines", async () => {
  const text = new FoundText({
    archive: { read: async () => [] },
    viewer: { user: "alice", uid: 0, admin: false },
    isTimed: false,
  });
  const said = async (event: SearchEvent): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of text.of(event)) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  expect(await said({ ...END, why: "limit" })).toBe(
    "==> Only the first 7 lines: narrow the search for the others <==\n",
  );
  expect(await said({ ...END, why: "time" })).toBe("==> Not everything was read: the search took too long <==\n");
  const unread = "Executions that could not be read: 2";
  expect(await said({ ...END, capped: false, unreadable: 2 })).toBe(`==> ${unread} <==\n`);
  expect(await said({ ...END, why: "limit", unreadable: 2, longLines: 1 })).toBe(
    `==> Only the first 7 lines: narrow the search for the others. ${unread}. Lines of which only the first MiB was searched: 1 <==\n`,
  );
  expect(await said({ ...END, capped: false })).toBe("");
});

test("the zip of an execution has its output and its details", async () => {
  const answer = await fetch(`${site.web.origin}/api/executions/${one.x}/raw?form=zip`, {
    headers: { cookie: alice.cookie },
  });
  const file = join(await tempFolder(), "one.zip");
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  const read =
    "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as z:\n  for n in z.namelist(): print(n, z.read(n).decode(), sep='|')";
  const listed = execFileSync("python3", ["-c", read, file], { encoding: "utf8" });
  expect(answer.headers.get("content-type")).toBe("application/zip");
  expect(listed).toContain(`${one.x}.${one.node}.output.txt|one\nan error, 1\nerror ${PIECE}`);
  expect(JSON.parse(listed.slice(listed.indexOf(".json|") + 6))).toMatchObject({ x: one.x, job: "train", run: "r1" });
  expect((await alice.get(`/api/executions/${one.x}/raw?form=zip&gzip=1`)).status).toBe(400);
});
