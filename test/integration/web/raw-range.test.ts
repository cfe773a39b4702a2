import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { startSearchSite } from "../../support/search-site.ts";
import { signedIn } from "../../support/web.ts";

const PRINTED = "one\ntwo\non stderr\nlong line\n";

/** A running execution of which lines 7 and 8 are missing. */
async function start() {
  const { on, web } = await startSearchSite();
  const relay = await openRelay(on);
  const one = fakeExecution();
  await relay.send(
    one.begin(),
    one.lines(1, ["one", "two"]),
    one.lines(3, ["on stderr"], { stderr: true }),
    one.lines(4, ["long "], { fragment: true }),
    one.lines(5, ["line"]),
  );
  const cookie = (await signedIn(web.origin, "alice")).cookie;
  const ask = async (query = "", headers: Record<string, string> = {}, method = "GET") => {
    const url = `${web.origin}/api/executions/${one.x}/raw${query}`;
    const answer = await fetch(url, { method, headers: { cookie, ...headers } });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  return { one, relay, ask };
}

test("an output goes on from any byte, as long as it has only grown", async () => {
  const { one, relay, ask } = await start();
  const whole = await ask();
  expect([whole.status, whole.bytes.toString()]).toEqual([200, PRINTED]);
  const tag = whole.headers.get("etag") ?? "";
  for (let from = 0; from < PRINTED.length; from += 1) {
    const part = await ask("", { range: `bytes=${from}-`, "if-range": tag });
    expect([part.status, part.bytes.toString()], String(from)).toEqual([206, PRINTED.slice(from)]);
    expect(part.headers.get("content-range")).toBe(`bytes ${from}-${PRINTED.length - 1}/${PRINTED.length}`);
  }
  await relay.send(one.lines(6, ["grown"]));
  const grown = await ask("", { range: `bytes=${PRINTED.length}-`, "if-range": tag });
  expect([grown.status, grown.bytes.toString()]).toEqual([206, "grown\n"]);
  const head = await ask("", { range: "bytes=2-" }, "HEAD");
  expect([head.status, head.headers.get("content-length"), head.bytes.length]).toEqual([206, "32", 0]);

  await relay.send(one.lines(9, ["after a hole"]));
  const holed = (await ask()).headers.get("etag");
  expect(holed).not.toBe(tag);
  await relay.send(one.lines(7, ["late", "later"]));
  const refilled = await ask("", { range: "bytes=30-", "if-range": holed ?? "" });
  expect([refilled.status, refilled.bytes.toString()]).toEqual([200, `${PRINTED}grown\nlate\nlater\nafter a hole\n`]);
});

test.each([
  ["", { range: "bytes=0-5" }, 200],
  ["", { range: "bytes=-5" }, 200],
  ["", { range: "lines=1-" }, 200],
  ["?stream=stdout", { range: "bytes=1-" }, 200],
  ["", { range: "bytes=28-" }, 416],
  ["?form=xml", {}, 400],
  ["?form=cri&stream=stdout", {}, 400],
])("%j with %j is answered with %i", async (query, headers, status) => {
  const { ask } = await start();
  const answer = await ask(query, headers);
  expect(answer.status).toBe(status);
  if (status === 416) expect(answer.headers.get("content-range")).toBe("bytes */28");
});

test("stored lines come as they are in the file, and compressed", async () => {
  const { ask } = await start();
  const cri = await ask("?form=cri");
  const lines = cri.bytes.toString().split("\n");
  expect(lines[0]).toMatch(/^2026-11-20T04:17:44\.960662Z stdout F one$/);
  expect(lines[3]).toMatch(/Z stdout P long $/);
  expect(lines).toHaveLength(6);
  const packed = await ask("?form=cri&gzip=1");
  expect(packed.headers.get("content-disposition")).toMatch(/\.output\.log\.gz"$/);
  expect(gunzipSync(packed.bytes).equals(cri.bytes)).toBe(true);
  expect(gunzipSync((await ask("?gzip=1")).bytes).toString()).toBe(PRINTED);
});
