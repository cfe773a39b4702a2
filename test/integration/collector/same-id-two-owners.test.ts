import { once } from "node:events";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import type { ClientMessage, LinesHeader } from "../../../src/wire/live.ts";
import { parseLinesMessage, parseServerMessage, type ServerMessage } from "../../../src/wire/live.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { type IngestSite, openRelay, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { type Browser, signedIn, startWeb } from "../../support/web.ts";

const USERS = new Map([
  [1001, "alice"],
  [1002, "bob"],
]);
const CAROL = { user: "carol", uid: 1003, admin: true };
/** Bob claims a later start than alice's, so that his is the newest. */
const LATER = { startedAt: "2026-11-20T05:00:00.000000Z" };

type Web = Awaited<ReturnType<typeof startWeb>>;

/** Alice's and bob's executions of one id on one node, both ended, one line each; and how the three look at them. */
async function twoOwners() {
  const relay: { web?: Web } = {};
  const site = await startIngestSite({
    ownerOf: async (_node, uid) => ({ name: USERS.get(uid) ?? "nobody", uid: undefined }),
    publisher: {
      publish: (source, chunk) => relay.web?.hub.publish(source, chunk),
      changed: (source) => relay.web?.hub.changed(source),
    },
  });
  const web = await startWeb({ served: site.archive });
  relay.web = web;
  const alices = fakeExecution({ job: "train" });
  const bobs = fakeExecution({ x: alices.x, job: "train" });
  const node1 = await openRelay(site);
  await node1.send(alices.begin({}, 1001), bobs.begin(LATER, 1002));
  await node1.send(alices.lines(1, ["alice's"]), bobs.lines(1, ["bob's"]));
  const [alice, bob, carol] = await Promise.all(["alice", "bob", "carol"].map((user) => signedIn(web.origin, user)));
  if (alice === undefined || bob === undefined || carol === undefined) throw new Error("Nobody is signed in");
  return { site, web, node1, alices, bobs, alice, bob, carol, path: `/api/executions/${alices.x}` };
}

/** A WebSocket of a signed-in user: what it was told, and of which executions it got lines. */
async function watch(web: Web, { cookie }: Browser, subscribe: Partial<Extract<ClientMessage, { t: "subscribe" }>>) {
  const ws = new WebSocket(`${web.origin.replace("http", "ws")}/live`, { headers: { cookie, origin: web.origin } });
  afterwards(() => ws.terminate());
  const texts: ServerMessage[] = [];
  const lines: (readonly [LinesHeader, string | undefined])[] = [];
  ws.on("message", (data: Buffer, isBinary) => {
    const message = isBinary ? undefined : parseServerMessage(data.toString());
    const chunk = isBinary ? parseLinesMessage(data.toString()) : undefined;
    if (message !== undefined) texts.push(message);
    for (const line of chunk?.lines ?? []) if (chunk !== undefined) lines.push([chunk.header, line.text]);
  });
  await once(ws, "open");
  ws.send(JSON.stringify({ t: "subscribe", id: 1, from: 1, lines: true, what: { all: true }, ...subscribe }));
  await poll("it is live or refused", () => texts.some(({ t }) => t === "live" || t === "refused"));
  const texted = () => lines.map(([{ owner, node }, text]) => `${owner} ${node} ${text}`);
  return { texts, texted };
}

describe("an administrator, when two users share an id on one node", () => {
  it.each(["", "/lines", "/raw"])("is asked for the owner, and gets that owner's: %s", async (part) => {
    const { carol, path } = await twoOwners();
    for (const node of ["", "?node=node1"]) {
      const { status, json } = await carol.get(`${path}${part}${node}`);
      expect(status).toBe(409);
      expect(json).toEqual({
        error: { code: "several_owners", message: expect.any(String), owners: ["alice", "bob"] },
      });
    }
    for (const [owner, other] of [
      ["alice", "bob"],
      ["bob", "alice"],
    ] as const) {
      const { status, text } = await carol.get(`${path}${part}?node=node1&owner=${owner}`);
      expect(status).toBe(200);
      expect(text).toContain(part === "" ? `"owner":"${owner}"` : `${owner}'s`);
      expect(text).not.toContain(other);
    }
    expect((await carol.get(`${path}${part}?node=node1&owner=carol`)).status).toBe(404);
  });

  it("deletes only the named owner's, and nothing without a name", async () => {
    const { site, web, node1, alices, bobs, carol, path } = await twoOwners();
    await node1.send(alices.end(1), bobs.end(1));
    const headers = { origin: web.origin };
    expect((await carol.send("DELETE", `${path}?node=node1`, { headers })).status).toBe(409);
    expect((await site.archive.list(CAROL, { limit: 10 })).executions).toHaveLength(2);
    expect((await carol.send("DELETE", `${path}?node=node1&owner=alice`, { headers })).status).toBe(204);
    expect((await site.archive.list(CAROL, { limit: 10 })).executions).toMatchObject([{ owner: "bob" }]);
    expect(web.audited).toContainEqual(expect.objectContaining({ event: "deletion", user: "carol", owner: "alice" }));
  });

  it("watches the named owner's, and is asked for the owner without a name", async () => {
    const { web, carol, alices } = await twoOwners();
    const { x } = alices;
    const unclear = await watch(web, carol, { what: { x, node: "node1" } });
    expect(unclear.texts).toEqual([
      { t: "refused", id: 1, code: "several_owners", message: expect.any(String), owners: ["alice", "bob"] },
    ]);
    const { texts, texted } = await watch(web, carol, { what: { x, node: "node1", owner: "alice" } });
    expect(texts[0]).toMatchObject({ t: "execution", execution: { owner: "alice" } });
    expect(texted()).toEqual(["alice node1 alice's"]);
  });

  it.each([[{ all: true }], [{ job: "train" }]] as const)("can tell the owners' lines of %o apart", async (what) => {
    const { web, carol, node1, alices, bobs } = await twoOwners();
    const { texted } = await watch(web, carol, { what });
    expect(texted().sort()).toEqual(["alice node1 alice's", "bob node1 bob's"]);
    await node1.send(alices.lines(2, ["alice's again"]), bobs.lines(2, ["bob's again"]));
    await poll("the new lines", () => texted().length === 4);
    expect(texted().sort()).toEqual([
      "alice node1 alice's",
      "alice node1 alice's again",
      "bob node1 bob's",
      "bob node1 bob's again",
    ]);
  });

  it("downloads one execution to its end, even if another of its id begins meanwhile", async () => {
    const site: IngestSite = await startIngestSite({
      ownerOf: async (_node, uid) => ({ name: USERS.get(uid) ?? "nobody", uid: undefined }),
    });
    const alices = fakeExecution();
    const bobs = fakeExecution({ x: alices.x });
    const node1 = await openRelay(site);
    // More than one step of a download.
    const frames = Array.from({ length: 300 }, (_, i) => alices.lines(i + 1, ["a".repeat(7_000)]));
    await node1.send(alices.begin({}, 1001), ...frames);
    const download = site.archive.raw(CAROL, { x: alices.x, node: "node1" });
    let printed = (await download.next()).value?.toString() ?? "";
    await node1.send(bobs.begin(LATER, 1002), ...frames.map((_, i) => bobs.lines(i + 1, ["b".repeat(7_000)])));
    for await (const bytes of download) printed += bytes.toString();
    expect(printed).toBe(`${"a".repeat(7_000)}\n`.repeat(300));
  });
});

describe("a user whose execution shares its id with another user's", () => {
  it("gets their own, and cannot name the other's", async () => {
    const { web, alice, bob, path, alices } = await twoOwners();
    for (const [browser, owner] of [
      [alice, "alice"],
      [bob, "bob"],
    ] as const) {
      for (const query of ["", "?node=node1", `?owner=${owner}`]) {
        expect((await browser.get(`${path}/raw${query}`)).text).toBe(`${owner}'s\n`);
      }
    }
    const foreign = await alice.get(`${path}?owner=bob`);
    expect([foreign.status, foreign.text]).toEqual([404, (await alice.get(`${path}?node=none`)).text]);
    const deletion = await alice.send("DELETE", `${path}?owner=bob`, { headers: { origin: web.origin } });
    expect([deletion.status, deletion.text]).toEqual([404, foreign.text]);
    expect((await watch(web, alice, { what: { x: alices.x, owner: "bob" } })).texts).toMatchObject([
      { t: "refused", code: "not_found" },
    ]);
    expect((await watch(web, alice, { what: { x: alices.x } })).texted()).toEqual(["alice node1 alice's"]);
  });
});
