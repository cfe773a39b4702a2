import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { FoundText } from "../../../src/web/found-text.ts";
import type { SearchEvent } from "../../../src/wire/search-event.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { type SearchSite, startSearchSite } from "../../support/search-site.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { type Browser, signedIn } from "../../support/web.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
const PIECE = "x".repeat(3_000);
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

test("nobody finds another user's lines; a malformed search is refused, and so is one download too many", async () => {
  const bob = await signedIn(site.web.origin, "bob");
  expect((await bob.get(path({ pattern: "error" }))).text).toBe("");
  expect((await alice.get("/api/search-text?search=x")).status).toBe(400);
  expect((await alice.get(path({ pattern: "error" }, "pdf"))).status).toBe(400);
  expect((await alice.get(`/api/search-text?search=${"x".repeat(8_193)}`)).status).toBe(400);
});

test("what is missing stands in the last line", async () => {
  const text = new FoundText({
    archive: { read: async () => [] },
    viewer: { user: "alice", uid: 0, admin: false },
    isTimed: false,
  });
  const end = { t: "end", capped: true, hits: 7, executions: 1, bytes: 9, longLines: 0, unreadable: 0 } as const;
  const said = async (event: SearchEvent): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of text.of(event)) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  expect(await said({ ...end, why: "limit" })).toBe(
    "==> Only the first 7 lines: narrow the search for the others <==\n",
  );
  expect(await said({ ...end, why: "time" })).toBe("==> Not everything was read: the search took too long <==\n");
  expect(await said({ ...end, capped: false, unreadable: 2 })).toBe("==> 2 executions could not be read <==\n");
  expect(await said({ ...end, capped: false })).toBe("");
});

test("the zip of an execution has what it printed, and what is known of it", async () => {
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
