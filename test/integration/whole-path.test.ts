import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { parseLinesMessage } from "../../src/wire/live.ts";
import { ApiClient } from "../support/api-client.ts";
import { findLog } from "../support/find-log.ts";
import { poll } from "../support/poll.ts";
import { run } from "../support/processes.ts";
import { asUser, createTestUser, describeAsRoot, type TestUser } from "../support/root.ts";
import { type Relay, Site } from "../support/site.ts";

describe("from a command to its owner's file, API and WebSocket, over real rsyslogd and TLS", () => {
  let site: Site;
  let relay: Relay;
  let api: ApiClient;

  beforeAll(async () => {
    site = await Site.create();
    relay = await site.startRelay("node1");
    api = await site.api();
  });

  it("delivers every byte, whatever was printed", async () => {
    const script = "for (let i = 0; i < 256; i++) process.stdout.write(Buffer.from([i, 10, i, i, 32]))";
    const job = ["--job", "bytes", "--quiet", "--raw", "--", process.execPath, "-e", script];
    expect(await site.mlrun(relay, job)).toMatchObject({ code: 0, stderr: "" });
    const printed = (await run(process.execPath, ["-e", script])).bytes;
    const { x } = await api.untilExecution(
      "complete",
      ({ job: name, delivery }) => name === "bytes" && delivery === "complete",
    );
    expect(await api.raw(x)).toEqual(printed);
  });

  it("keeps both streams' lines, and sends a WebSocket history and end", async () => {
    const job = ["--job", "streams", "--", "sh", "-c", "echo out; echo err >&2; printf prompt; exit 3"];
    expect(await site.mlrun(relay, job)).toMatchObject({ code: 3, stdout: "out\nprompt", stderr: "err\n" });
    const done = await api.untilExecution("complete", (one) => one.job === "streams" && one.delivery === "complete");
    expect(done).toMatchObject({ state: "failed", code: 3, node: "node1", command: "sh", lines: 3, missing: [] });
    expect((await api.raw(done.x, "stream=stdout")).toString()).toBe("out\nprompt");
    expect((await api.raw(done.x, "stream=stderr")).toString()).toBe("err\n");
    const { lines } = await api.lines(done.x);
    expect(lines.map(({ stream, text, fragment }) => [stream, text, fragment]).sort()).toEqual([
      ["stderr", "err", false],
      ["stdout", "out", false],
      ["stdout", "prompt", true],
    ]);
    const socket = new WebSocket(`${site.origin.replace("http", "ws")}/live`, {
      headers: { cookie: api.cookie, origin: site.origin },
    });
    const seen: string[] = [];
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) for (const line of parseLinesMessage(data.toString())?.lines ?? []) seen.push(line.text);
    });
    socket.on("open", () =>
      socket.send(JSON.stringify({ t: "subscribe", id: 1, what: { x: done.x }, from: 1, lines: true })),
    );
    await poll("three lines on the WebSocket", () => seen.length === 3);
    socket.close();
    expect(seen.sort()).toEqual(["err", "out", "prompt"]);
  });

  it("delivers a hundred thousand lines once each, in order", async () => {
    const count = 100_000;
    const job = ["--job", "many", "--quiet", "--", "seq", String(count)];
    expect((await site.mlrun(relay, job)).code).toBe(0);
    const { x } = await api.untilExecution("complete", (one) => one.job === "many" && one.delivery === "complete");
    const texts = readFileSync(await findLog(site.dataDir, x), "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => line.slice(37));
    expect(texts).toEqual(Array.from({ length: count }, (_, i) => String(i + 1)));
  });
});

describeAsRoot("two users on one collector", () => {
  let site: Site;
  let relay: Relay;
  let alice: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    site = await Site.create({ asRoot: true });
    relay = await site.startRelay("node1");
    [alice, bob] = [await createTestUser("alice"), await createTestUser("bob")];
  });

  async function signedIn(user: TestUser): Promise<ApiClient> {
    const client = new ApiClient(site.origin);
    expect(await client.login({ user: user.name, password: user.password })).toBe(204);
    return client;
  }

  it("gives alice's execution to her by list, id, file and API, and to bob by none of them", async () => {
    const job = ["--", "sh", "-c", "echo out; echo err >&2; exit 3"];
    expect(await site.mlrun(relay, job, { user: alice })).toMatchObject({ code: 3, stderr: "err\n" });
    const api = await signedIn(alice);
    const done = await api.untilExecution("complete", ({ delivery }) => delivery === "complete");
    expect(done).toMatchObject({ owner: alice.name, state: "failed", code: 3 });

    const path = await findLog(site.dataDir, done.x);
    expect(path.startsWith(join(site.dataDir, "logs", alice.name))).toBe(true);
    const as = async (user: TestUser, ...command: [string, ...string[]]) => {
      const [program, ...args] = asUser(user, ...command);
      return run(program, args);
    };
    const read = await as(alice, "cat", path);
    expect(read.stdout).toMatch(/ stdout F out\n/);
    expect(read.stdout).toMatch(/ stderr F err\n/);
    expect((await as(alice, "sh", "-c", `echo x >> '${path}'`)).code).not.toBe(0);
    expect((await as(alice, "touch", `${path}.mine`)).code).not.toBe(0);
    expect((await as(bob, "cat", path)).code).not.toBe(0);
    expect((await as(bob, "sh", "-c", `echo x >> '${path}'`)).code).not.toBe(0);
    expect((await as(bob, "ls", join(site.dataDir, "logs", alice.name))).code).not.toBe(0);

    for (const entry of readdirSync(site.dataDir, { recursive: true, encoding: "utf8" })) {
      const file = join(site.dataDir, entry);
      if (!statSync(file).isFile()) continue;
      expect((await as(bob, "cat", file)).code, file).not.toBe(0);
      if (!file.startsWith(join(site.dataDir, "logs", alice.name)))
        expect((await as(alice, "cat", file)).code, file).not.toBe(0);
    }

    const other = await signedIn(bob);
    expect(await other.executions()).toEqual([]);
    expect(await other.executions(`q=${done.x}`)).toEqual([]);
    const missing = done.x.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    for (const tail of ["", "/lines", "/raw"]) {
      const [foreign, absent] = await Promise.all(
        [done.x, missing].map((x) => other.request(`/api/executions/${x}${tail}`)),
      );
      expect([foreign?.status, await foreign?.text()]).toEqual([404, await absent?.text()]);
    }
  });
});
