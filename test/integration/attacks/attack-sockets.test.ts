import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Execution } from "../../../src/wire/api.ts";
import { ApiClient } from "../../support/api-client.ts";
import { frameOf } from "../../support/as-sent.ts";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import type { Result } from "../../support/processes.ts";
import { createTestUser, describeAsRoot, runAsRoot, type TestUser } from "../../support/root.ts";
import { connectionOf } from "../../support/send.ts";
import { openableBy, sendToGateAs } from "../../support/send-as.ts";
import { type Relay, Site } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describeAsRoot("bob, who may connect to the gate of alice's node", () => {
  let site: Site;
  let relay: Relay;
  let alice: TestUser;
  let bob: TestUser;
  let asAlice: ApiClient;
  let asBob: ApiClient;

  beforeAll(async () => {
    site = await Site.create({ asRoot: true });
    relay = await site.startRelay("node1");
    [alice, bob] = [await createTestUser("alice"), await createTestUser("bob")];
    [asAlice, asBob] = [await signedIn(alice), await signedIn(bob)];
  });

  async function signedIn({ name, password }: TestUser): Promise<ApiClient> {
    const client = new ApiClient(site.origin);
    expect(await client.login({ user: name, password })).toBe(204);
    return client;
  }

  /** The gate's answers to bob: BEGIN of an execution, then frames that may belong to another. */
  const send = (one: FakeExecution, frames: readonly (string | Buffer)[], begin: Record<string, unknown> = {}) =>
    sendToGateAs(bob, join(relay.runDir, "mlrun.sock"), connectionOf(one, frames, begin));
  const framesOf = (envelopes: readonly string[]) => envelopes.map(frameOf);

  /** A run of alice's that prints one line, lets `meanwhile` happen, and prints another. */
  async function whileAliceRuns(
    job: string,
    options: readonly string[],
    meanwhile: (hers: Execution) => Promise<void>,
  ): Promise<Execution> {
    const go = join(await tempFolder(), "go");
    const script = `echo one; while [ ! -e ${go} ]; do sleep 0.05; done; echo two`;
    const ended: Promise<Result> = site.mlrun(relay, ["--job", job, "--quiet", ...options, "--", "sh", "-c", script], {
      user: alice,
    });
    const hers = await asAlice.untilExecution("begun", (one) => one.job === job && one.lines === 1);
    await meanwhile(hers);
    await writeFile(go, "");
    expect((await ended).code).toBe(0);
    return asAlice.untilExecution("complete", (one) => one.job === job && one.delivery === "complete");
  }

  /** Bob's own execution, sent after the attack on the same path: once it is stored, the attack has arrived. */
  async function untilTaken(): Promise<void> {
    const own = fakeExecution();
    expect(await send(own, framesOf([own.lines(1, ["mine"]), own.end(1)]))).toBe("KT");
    await asBob.untilExecution("complete", ({ x, delivery }) => x === own.x && delivery === "complete");
  }

  async function expectUntouched(hers: Execution): Promise<void> {
    expect(hers).toMatchObject({ owner: alice.name, state: "finished", code: 0, lines: 2, lastN: 2, missing: [] });
    expect((await asAlice.raw(hers.x)).toString()).toBe("one\ntwo\n");
    expect((await asAlice.executions(`q=${hers.x}`)).filter(({ x }) => x === hers.x)).toHaveLength(1);
  }

  test("adds nothing to her execution with its id and a wrong, a guessed or no key", async () => {
    const done = await whileAliceRuns("keys", [], async ({ x }) => {
      const keys = [undefined, x.slice(0, 22), "A".repeat(22), "0123456789abcdefghijkl"];
      const forgers = keys.map((k) => fakeExecution({ x, ...(k === undefined ? {} : { k }) }));
      const forged = forgers.flatMap((one) => [one.lines(2, ["forged"]), one.beat(99, 1), one.end(2, { code: 9 })]);
      const [first = ""] = forged;
      const keyless = [first.replace(/ k="[^"]*"/, ""), first.replace(/ k="[^"]*"/, ' k=""')];
      // The gate takes BEGIN, which is of an execution of his own, and no frame of another.
      for (const frame of framesOf([...forged, ...keyless])) expect(await send(fakeExecution(), [frame])).toBe("K");
      await untilTaken();
    });
    await expectUntouched(done);
    expect((await asBob.executions(`q=${done.x}`)).filter(({ x }) => x === done.x)).toEqual([]);
  });

  test("gets an execution of his own when he begins one with her id, and she keeps hers", async () => {
    const done = await whileAliceRuns("squat", [], async ({ x }) => {
      const squatter = fakeExecution({ x });
      await send(squatter, framesOf([squatter.lines(2, ["forged"]), squatter.end(2, { code: 9 })]));
      await untilTaken();
    });
    await expectUntouched(done);
    // The kernel's word is bob's uid, whatever his BEGIN says.
    const his = (await asBob.executions()).find(({ x }) => x === done.x);
    expect(his).toMatchObject({ owner: bob.name, lines: 1, code: 9 });
    expect((await asBob.raw(done.x)).toString()).toBe("forged\n");
  });

  test("cannot take an id before she uses it", async () => {
    const squatter = fakeExecution();
    await send(squatter, framesOf([squatter.lines(1, ["forged"])]));
    await untilTaken();
    await expectUntouched(await whileAliceRuns("early", ["--id", squatter.x], async () => {}));
  });

  test("cannot forge a BEGIN or a relay's message behind his own BEGIN", async () => {
    const forged = fakeExecution();
    const status = `<134>1 2026-11-20T04:17:44.960662+00:00 node1 mlrun - RELAY - LINES - {"v":1}`;
    const begins = [forged.begin({}, alice.uid), forged.begin({}, alice.uid).replace("<134>1", "<14>1"), status];
    for (const text of begins) expect(await send(fakeExecution(), [text])).toBe("K");
    await untilTaken();
    expect(await asAlice.executions(`q=${forged.x}`)).toEqual([]);
  });

  test("cannot claim another identity in BEGIN", async () => {
    const one = fakeExecution();
    expect(await send(one, framesOf([one.end(0)]), { uid: alice.uid, gid: alice.gid, pid: 1 })).not.toContain("x");
    await untilTaken();
    expect(await asAlice.executions(`q=${one.x}`)).toEqual([]);
  });

  test("disturbs nobody with oversize, truncated, interleaved and binary frames", async () => {
    const done = await whileAliceRuns("garbage", [], async ({ x }) => {
      const one = fakeExecution({ x });
      const frame = frameOf(one.lines(2, ["forged"]));
      const binary = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
      const garbage = [frame.slice(0, -3), frame.slice(40), frame + frame, binary, "\n\n\n", "y".repeat(70_000)];
      for (const text of [...garbage, "z".repeat(200_000)])
        expect(await send(fakeExecution(), [text])).not.toContain("T");
      for (const bytes of [binary, "B ", "12 x", "B".repeat(100_000)]) {
        expect(await sendToGateAs(bob, join(relay.runDir, "mlrun.sock"), Buffer.from(bytes, "latin1"))).toBe("");
      }
      await untilTaken();
    });
    await expectUntouched(done);
  });

  test("opens no file of relay, journal, collector or her spool; only his own logs, to read", async () => {
    await site.mlrun(relay, ["--job", "hers", "--quiet", "--", "echo", "secret"], { user: alice });
    await asAlice.untilExecution("complete", ({ job, delivery }) => job === "hers" && delivery === "complete");
    await untilTaken();
    const away = { runDir: join(site.folder, "nowhere"), node: "node9" };
    await site.mlrun(away, ["--quiet", "--", "echo", "spooled"], { user: alice });
    // Homes may be open: the spool's own modes have to hold.
    await runAsRoot("chmod", ["755", `/home/${alice.name}`]);
    const listed = await runAsRoot("find", [site.folder, `/home/${alice.name}`, `/var/spool/marcologger/${alice.uid}`]);
    const paths = listed.stdout.split("\n").filter((path) => path !== "");
    const spool = paths.find((path) => path.endsWith(".spool")) ?? "";
    expect((await runAsRoot("cat", [spool])).stdout).toContain('"k":"');
    expect(paths.some((path) => path.includes("node1-state/journal/"))).toBe(true);

    const found = await openableBy(bob, paths);
    const own = join(site.dataDir, "logs", bob.name);
    expect(found.filter((line) => line.startsWith(`r ${own}`) && line.endsWith(".log")).length).toBeGreaterThan(0);
    // Not secret, or written by this test with the modes of a test.
    const allowed = [
      join(site.folder, "collector.toml"),
      join(site.folder, "node1-state"),
      join(site.folder, "node1-state/rsyslog.conf"),
      relay.runDir,
      join(site.folder, "node1-relay"),
    ];
    const foreign = found.filter((line) => {
      const path = line.slice(2);
      if (line.startsWith("r ") && (path.startsWith(own) || allowed.includes(path))) return false;
      return !path.startsWith(`/home/${alice.name}`) || path.includes("marcologger/");
    });
    expect(foreign).toEqual([]);
  });
});
