import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { localProof } from "../../../src/host/local-proof.ts";
import { parseLocalChallenge } from "../../../src/wire/local-login.ts";
import { run } from "../../support/processes.ts";
import { asUser, createTestUser, describeAsRoot, type TestUser } from "../../support/root.ts";
import { MLCTL, Site } from "../../support/site.ts";

describeAsRoot("mlctl login on the machine of a real collector", () => {
  let site: Site;
  let alice: TestUser;
  let bob: TestUser;

  beforeAll(async () => {
    [alice, bob] = [await createTestUser("mla"), await createTestUser("mlb")];
    site = await Site.create({ asRoot: true });
  });

  async function challenge(user: string, headers: Record<string, string> = {}) {
    const init = { method: "POST", headers: { "content-type": "application/json", ...headers } };
    const answer = await fetch(`${site.origin}/api/login/local`, { ...init, body: JSON.stringify({ user }) });
    return { status: answer.status, path: parseLocalChallenge(await answer.json())?.path ?? "" };
  }

  async function answer(path: string, proof: string): Promise<number> {
    const body = JSON.stringify({ challenge: basename(path), proof });
    const headers = { "content-type": "application/json" };
    return (await fetch(`${site.origin}/api/login`, { method: "POST", headers, body })).status;
  }

  test("needs no password, and is audited", async () => {
    const mlctl = (...args: string[]) => {
      const [command, ...words] = asUser(alice, process.execPath, MLCTL, ...args);
      const { XDG_CONFIG_HOME: _, ...env } = process.env;
      return run(command, words, { env });
    };
    const signedIn = await mlctl("login", site.origin);
    expect(signedIn).toMatchObject({ code: 0, stderr: "" });
    expect(signedIn.stdout).toContain(`Signed in as ${alice.name} at ${site.origin}`);
    expect((await mlctl("ls")).code).toBe(0);
    const audit = readFileSync(join(site.dataDir, "audit/audit.log"), "utf8");
    expect(audit).toMatch(new RegExp(`"event":"login","user":"${alice.name}"[^\n]*"by":"local","outcome":"ok"`));
    expect((await mlctl("logout")).code).toBe(0);
  });

  test("only the user can read the challenge, and an answer is for one use and this address", async () => {
    const cat = (user: TestUser, path: string) => {
      const [command, ...words] = asUser(user, "cat", path);
      return run(command, words);
    };
    const { status, path } = await challenge(alice.name);
    expect(status).toBe(201);
    expect((await cat(bob, path)).code).toBe(1);
    const secret = (await cat(alice, path)).stdout.trimEnd();
    expect(secret).toMatch(/^mlc_/);
    expect(await answer(path, localProof(secret, site.origin))).toBe(204);
    expect(await answer(path, localProof(secret, site.origin))).toBe(401);

    const relayed = await challenge(alice.name);
    const other = (await cat(alice, relayed.path)).stdout.trimEnd();
    expect(await answer(relayed.path, localProof(other, "http://127.0.0.1:1"))).toBe(401);
    expect((await cat(alice, relayed.path)).code).toBe(1);
  });

  test("a page of another site, and a user who does not exist, get no challenge", async () => {
    expect((await challenge(alice.name, { origin: "https://evil.example" })).status).toBe(403);
    expect((await challenge("nobody-here-at-all")).status).toBe(403);
  });
});
