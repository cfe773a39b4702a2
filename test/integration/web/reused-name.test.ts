import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { asUser, createTestUser, describeAsRoot, runAsRoot, type TestUser } from "../../support/root.ts";
import { type Relay, Site } from "../../support/site.ts";

async function signIn(site: Site, { name, password }: TestUser): Promise<ApiClient> {
  const client = new ApiClient(site.origin);
  expect(await client.login({ user: name, password })).toBe(204);
  return client;
}

/** Runs a command as a user on a node; resolves when the collector has it. Returns its id. */
async function runAs(site: Site, relay: Relay, user: TestUser, client: ApiClient, text: string): Promise<string> {
  const { code, stderr } = await site.mlrun(relay, ["--job", text, "--", "echo", text], { user });
  expect([code, stderr]).toEqual([0, ""]);
  const done = await poll(`the execution ${text}`, async () =>
    (await client.executions(`job=${text}`)).find(({ delivery }) => delivery === "complete"),
  );
  return done.x;
}

/** Deletes a user and makes one of the same name with another uid, at once. */
async function replace({ name, uid, password }: TestUser): Promise<TestUser> {
  const fresh = { name, uid: uid + 20_000, password: `${password}-new` };
  for (const [command, ...args] of [
    ["userdel", "--force", name],
    ["useradd", "--uid", String(fresh.uid), "--no-create-home", name],
  ] as const) {
    const { code, stderr } = await runAsRoot(command, args);
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
  }
  await runAsRoot("chpasswd", [], `${name}:${fresh.password}\n`);
  const [, , , gid] = (await run("getent", ["passwd", name])).stdout.split(":");
  return { ...fresh, gid: Number(gid) };
}

describeAsRoot("a user name that another user gets, on a real collector", () => {
  test("brings none of its former user's logs: in lists, by id, as a file, and for what comes later", async () => {
    const former = await createTestUser("mlr");
    const site = await Site.create({ asRoot: true });
    const relay = await site.startRelay("node1");
    const first = await signIn(site, former);
    const old = await runAs(site, relay, former, first, "former");

    const fresh = await replace(former);
    const second = await signIn(site, fresh);
    expect(await second.executions()).toEqual([]);
    const own = await runAs(site, relay, fresh, second, "fresh");
    expect((await second.executions()).map(({ x }) => x)).toEqual([own]);
    for (const path of [`/api/executions/${old}`, `/api/executions/${old}/lines`, `/api/executions/${old}/raw`])
      expect((await second.request(path)).status, path).toBe(404);

    const folders = readdirSync(join(site.dataDir, "logs")).filter((name) => name.startsWith(former.name));
    expect(folders.toSorted()).toEqual([former.name, `${former.name}%7E${fresh.uid}`]);
    const grep = async (text: string, folder: string) => {
      const [command, ...args] = asUser(fresh, "grep", "-rls", text, join(site.dataDir, "logs", folder));
      return (await run(command, args)).stdout;
    };
    expect(await grep("former", former.name)).toBe("");
    expect(await grep("fresh", `${former.name}%7E${fresh.uid}`)).toContain(own);
  });
});
