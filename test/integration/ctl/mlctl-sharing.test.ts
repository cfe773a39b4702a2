import { beforeAll, describe, expect, test } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { type SearchSite, startSearchSite } from "../../support/search-site.ts";

const SHARE_LINE = /^[0-9a-f]{24}\n$/;

let site: SearchSite;
let alice: RemoteMlctl;
let bob: RemoteMlctl;
let one: FakeExecution;

beforeAll(async () => {
  site = await startSearchSite();
  [alice, bob] = [
    await RemoteMlctl.signedIn(site.web.origin, "alice"),
    await RemoteMlctl.signedIn(site.web.origin, "bob"),
  ];
  one = fakeExecution({ job: "train", node: "gpu1" });
  const two = fakeExecution({ job: "train", node: "gpu1" });
  const relay = await openRelay(site.on);
  for (const [each, run] of [
    [one, "r1"],
    [two, "r2"],
  ] as const)
    await relay.send(each.begin({ run }), each.lines(1, ["hello"]), each.end(1));
});

describe("mlctl share", () => {
  test("shares a run until a day, lists it on both sides, and takes it back", async () => {
    const made = await alice.run(["share", "train@r1", "--with", "bob", "--until", "7d"]);
    expect(made).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(SHARE_LINE) });
    const id = made.stdout.trim();
    const day = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);
    const listed = await bob.here(["share"]);
    expect(listed.stdout).toMatch(new RegExp(`^${id}\troot\tbob\t${day}T[^\t]+\ttrain@r1\n$`));
    expect((await bob.here(["ls"])).stdout).toMatch(new RegExp(`^${one.x}\tfinished\tgpu1\ttrain\t.*\n$`));
    expect((await bob.here(["show", one.x])).stdout).toMatch(/\nowner: +root\n/);
    const table = await alice.onTerminal(["share"]);
    expect(table.output).toMatch(/SHARE .*OWNER.*WITH.*UNTIL .*WHAT/);
    expect(table.output).toContain(`${id}  root   bob   ${day} `);
    expect(await bob.here(["unshare", id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no share of yours"),
    });
    expect(await alice.here(["unshare", id.slice(0, 6)])).toMatchObject({ code: 0, stderr: "" });
    expect((await bob.here(["ls"])).stdout).toBe("");
    expect((await alice.here(["share", "--json"])).stdout).toBe("");
  });

  test.each([
    [["share", "train"], 2, /expected --with USER or --group GROUP/],
    [["share", "--with", "bob"], 2, /expected what to share/],
    [["share", "train", "--with", "bob", "--group", "team"], 2, /not both/],
    [["share", "train", "--with", "bob", "--until", "yesterday"], 2, /--until: "yesterday" is in the past/],
    [["share", "train", "--with", "nobody-here"], 1, /There is no user "nobody-here" on the collector/],
    [["share", "nothing", "--with", "bob"], 1, /There is no execution or job "nothing"/],
    [["share", "train@9", "--with", "bob"], 1, /Job train has 2 runs/],
  ])("refuses %j", async (args, code, message) => {
    expect(await alice.here(args)).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  });
});

describe("mlctl tokens", () => {
  test("lists them; creates one after the password, prints it once, and revokes it", async () => {
    const made = await alice.run(["tokens", "create", "nightly report", "--days", "3", "-u", "alice"], "right\n");
    expect(made).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^mlt_[\w-]{43}\n$/) });
    const token = made.stdout.trim();
    const asked = () => fetch(`${site.web.origin}/api/me`, { headers: { authorization: `Bearer ${token}` } });
    expect((await asked()).status).toBe(200);
    const { stdout } = await alice.here(["tokens"]);
    const [own = "", login = ""] = stdout.split("\n");
    expect(own).toMatch(/^[0-9a-f]{12}\tread\t[^\t]+Z\t[^\t]+Z\t[^\t]+Z\tnightly report$/);
    expect(login).toMatch(/\tread,search,keep,delete,share,run,call\t.*\tmlctl on /);
    const [id = ""] = own.split("\t");
    const wrong = await alice.run(["tokens", "revoke", id, "-u", "alice"], "wrong\n");
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("password is wrong") });
    expect(await alice.run(["tokens", "revoke", id, "-u", "alice"], "right\n")).toMatchObject({ code: 0, stderr: "" });
    expect((await asked()).status).toBe(401);
    expect((await bob.here(["tokens"])).stdout).not.toContain("nightly");
  });

  test("asks on a terminal without showing the typed password", async () => {
    const running = bob.startOnTerminal(["tokens", "create", "mine"]);
    await running.waitFor(/Password of bob at /);
    running.stdin?.write("right\r");
    expect((await running.ended).code).toBe(0);
    expect(running.output()).toMatch(/\nmlt_[\w-]{43}\r\n/);
    expect(running.output()).toContain("cannot be shown again");
    expect(running.output()).not.toContain("right");
  });

  test.each([
    [["tokens", "create"], /expected \[list/],
    [["tokens", "make", "x"], /expected \[list/],
    [
      ["tokens", "create", "x", "--scope", "all"],
      /--scope: expected read, search, [^"]*share, run, call, peer, got "all"/,
    ],
  ])("refuses %j", async (args, message) => {
    expect(await alice.here(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });
});
