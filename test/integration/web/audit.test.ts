import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { type RunningProcess, run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { RelpClient } from "../../support/relp-client.ts";
import { asUser, createTestUser, describeAsRoot, runAsRoot, startAsRoot, type TestUser } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

type Records = readonly Record<string, unknown>[];

describeAsRoot("the audit of a real collector, by real users", () => {
  let alice: TestUser;
  let carol: TestUser;
  let path: string;
  let text: string;
  let records: Records;
  let x: string;
  let log: string;
  let startCollector: (...options: readonly string[]) => Promise<RunningProcess>;
  const find = (part: Record<string, unknown>): Records =>
    records.filter((record) => Object.entries(part).every(([name, value]) => record[name] === value));

  beforeAll(async () => {
    const group = `mlg${Date.now().toString(36).slice(-6)}`;
    await runAsRoot("groupadd", [group]);
    afterwards(async () => void (await runAsRoot("groupdel", [group])));
    alice = await createTestUser("mla");
    carol = await createTestUser("mlc", { groups: [group] });
    const dataDir = join(await tempFolder(), "data");
    path = join(dataDir, "audit", "audit.log");
    const [relp, web] = [await freePort(), await freePort()];
    const places = ["--data-dir", dataDir, "--relp", `127.0.0.1:${relp}`, "--web", `127.0.0.1:${web}`];
    startCollector = async (...options) => {
      const [command, ...args] = program("mlcollector", ...places, "--insecure", ...options);
      const running = startAsRoot(command, ...args);
      await running.waitFor(/listening for browsers/);
      return running;
    };
    const collector = await startCollector("--admin-group", group);

    const relay = await RelpClient.open(relp);
    const own = fakeExecution();
    x = own.x;
    await relay.send(own.begin({}, alice.uid), own.lines(1, ["mine"]), fakeExecution().begin({}, 54_321));
    relay.destroy();
    const origin = `http://127.0.0.1:${web}`;
    const asAlice = new ApiClient(origin);
    expect(await asAlice.login({ user: alice.name, password: "wrong-guess" })).toBe(401);
    expect(await asAlice.login({ user: alice.name, password: alice.password })).toBe(204);
    expect((await asAlice.lines(x)).lines).toHaveLength(1);
    await fetch(`${origin}/api/logout`, { method: "POST", headers: { origin: "https://evil.example" } });
    const asCarol = new ApiClient(origin);
    expect(await asCarol.login({ user: carol.name, password: carol.password })).toBe(204);
    expect((await asCarol.lines(x)).lines).toHaveLength(1);
    const { cookie } = asCarol;
    await asAlice.request("/api/logout", { method: "POST" });
    await poll("alice has left", async () => (await asAlice.request("/api/me")).status === 401);
    await collector.end("SIGTERM");
    log = collector.output();
    text = (await runAsRoot("cat", [path])).stdout;
    records = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const secret of [alice.password, carol.password, "wrong-guess", own.k, cookie.split("=")[1] ?? ""]) {
      expect(secret.length > 8 && text.includes(secret)).toBe(false);
    }
  });

  test("records who signed in and out, from where, and who was refused", () => {
    const address = "127.0.0.1";
    expect(find({ event: "login", outcome: "denied", user: alice.name, address })).toHaveLength(1);
    expect(find({ event: "login", outcome: "ok", user: alice.name, address })).toHaveLength(1);
    expect(find({ event: "logout", outcome: "ok", user: alice.name, address })).toHaveLength(1);
    const foreign = { event: "request", reason: "foreign-origin", origin: "https://evil.example" };
    expect(
      find({ ...foreign, method: "POST", path: "/logout" }).concat(find({ ...foreign, path: "/api/logout" })),
    ).toHaveLength(1);
    expect(find({ event: "begin", outcome: "refused", reason: "unknown-uid", uid: 54_321 })).toHaveLength(1);
  });

  test("records whose lines an administrator read, and no user reading their own", () => {
    const [read, ...others] = find({ event: "admin-read" });
    expect(others).toEqual([]);
    expect(read).toMatchObject({
      user: carol.name,
      owner: [alice.name],
      target: `GET /api/executions/${x}/lines?from=1&limit=5000`,
    });
  });

  test("begins with the start and ends with the stop of the collector", () => {
    expect([records.at(0), records.at(-1)]).toMatchObject([
      { event: "collector", action: "start" },
      { event: "collector", action: "stop" },
    ]);
    expect(log).not.toContain("audit");
  });

  test("is readable by the administrators' group, and by no other user", async () => {
    const read = (user: TestUser, ...words: [string, ...string[]]) => {
      const [command, ...args] = asUser(user, ...words);
      return run(command, args);
    };
    expect((await read(carol, "cat", path)).stdout).toBe(text);
    expect((await read(carol, "sh", "-c", `echo forged >> ${path}`)).code).not.toBe(0);
    expect((await read(alice, "cat", path)).code).not.toBe(0);
    expect((await read(alice, "ls", join(path, ".."))).code).not.toBe(0);
    expect((await runAsRoot("cat", [path])).stdout).toBe(text);
    // The group no longer exists.
    await (await startCollector()).end("SIGTERM");
    expect((await read(carol, "cat", path)).code).not.toBe(0);
    expect((await runAsRoot("cat", [path])).stdout.startsWith(text)).toBe(true);
  });
});
