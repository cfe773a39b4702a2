import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type AuthClient, createAuthClient } from "../../../src/auth/auth-client.ts";
import { socketChannel } from "../../../src/auth/channel.ts";
import { createUserDirectory } from "../../../src/host/users.ts";
import { afterwards } from "../../support/cleanup.ts";
import { poll } from "../../support/poll.ts";
import { type RunningProcess, run, start } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { asRoot, createTestUser, describeAsRoot, runAsRoot, type TestUser } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const AS_ROOT = ["setpriv", "--reuid=root", "--regid=root", "--clear-groups", "--"] as const;

/** `mlcollector auth` started through another program, and a client of it. */
async function authentication(through: readonly [string, ...string[]], ...options: readonly string[]) {
  const folder = await tempFolder();
  const path = join(folder, "auth.sock");
  await runAsRoot("chmod", ["777", folder]);
  const [command, ...args] = asRoot(...through, ...program("mlcollector", "auth", "--auth-socket", path, ...options));
  const service = start(command, args);
  await poll("the socket is there", () => existsSync(path));
  // The tests themselves may not be root.
  await runAsRoot("chmod", ["666", path]);
  const told: string[] = [];
  const log = { event: (_: string, what: string) => void told.push(what) };
  const client = createAuthClient({ open: socketChannel(path), users: createUserDirectory(), log });
  afterwards(() => client.close());
  return { client, service, said: () => [...told, service.output()].join("\n") };
}

describeAsRoot("passwords of real users, checked by PAM", () => {
  let alice: TestUser;
  let bob: TestUser;
  let locked: TestUser;
  let expired: TestUser;

  beforeAll(async () => {
    alice = await createTestUser("mla");
    bob = await createTestUser("mlb");
    locked = await createTestUser("mll");
    expired = await createTestUser("mle");
    await runAsRoot("usermod", ["--lock", locked.name]);
    await runAsRoot("usermod", ["--expiredate", "1", expired.name]);
  });

  // As systemd runs it: with no other right than to read /etc/shadow. And as root, when started by hand.
  describe.each([
    ["a user alone in group shadow", ["setpriv", "--reuid=nobody", "--regid=shadow", "--clear-groups", "--"]],
    ["root", AS_ROOT],
  ] as const)("by %s", (_, identity) => {
    let client: AuthClient;
    let service: RunningProcess;
    /** Why something was not as expected. */
    let said: () => string;

    beforeAll(async () => {
      ({ client, service, said } = await authentication(identity));
    });

    test("the right one is accepted, others are not", async () => {
      const accepted = { ok: true, user: alice.name, uid: alice.uid };
      expect(await client.authenticate(alice.name, alice.password), said()).toEqual(accepted);
      const refused = [
        client.authenticate(alice.name, bob.password),
        client.authenticate(alice.name, ""),
        client.authenticate(`${alice.name}\0`, alice.password),
        client.authenticate("nobody-has-this-name", alice.password),
        client.authenticate("root", alice.password),
        client.authenticate(locked.name, locked.password),
        client.authenticate(expired.name, expired.password),
      ];
      for (const answer of await Promise.all(refused)) expect(answer, said()).toEqual({ ok: false, reason: "denied" });
      for (const { password } of [alice, bob, locked, expired]) expect(service.output()).not.toContain(password);
    });

    test("right and wrong ones at the same time do not get mixed up", async () => {
      const users = [alice, bob, alice, bob, alice, bob, alice, bob];
      const answers = users.map(({ name, password }, i) => client.authenticate(name, i < 6 ? password : "wrong"));
      const accepted = users.map(({ name, uid }) => ({ ok: true, user: name, uid }));
      const denied = { ok: false, reason: "denied" };
      expect(await Promise.all(answers), said()).toEqual([...accepted.slice(0, 6), denied, denied]);
    });
  });

  test("PAM is told where the user is, when that is an address", async () => {
    const folder = await tempFolder();
    const service = `mltest${randomBytes(4).toString("hex")}`;
    const [path, told] = [join("/etc/pam.d", service), join(folder, "told")];
    afterwards(async () => void (await runAsRoot("rm", ["-f", path])));
    await runAsRoot("tee", [path], `auth required pam_exec.so log=${told} /usr/bin/env\n`);
    const { client } = await authentication(AS_ROOT, "--pam-service", service);
    for (const address of ["192.0.2.7", "2001:db8::7", "evil.example\nPAM_RHOST=198.51.100.1", ""]) {
      expect(await client.authenticate(alice.name, "any", address)).toMatchObject({ ok: true });
    }
    const lines = (await runAsRoot("cat", [told])).stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("PAM_RHOST="))).toEqual([
      "PAM_RHOST=192.0.2.7",
      "PAM_RHOST=2001:db8::7",
    ]);
  });

  test("PAM that cannot even begin says nothing about the password", async () => {
    const withoutServices = 'mount --bind "$0" /etc/pam.d && exec "$@"';
    const { client, service } = await authentication(
      ["unshare", "--mount", "sh", "-c", withoutServices, await tempFolder()],
      "--pam-service",
      "none",
    );
    expect(await client.authenticate(alice.name, "any")).toEqual({ ok: false, reason: "unavailable" });
    await service.waitFor(/cannot ask PAM error="Error: pam_start: "/);
  });
});

test("a socket that cannot be made is said, and ends the program", async () => {
  const [command, ...args] = program("mlcollector", "auth", "--auth-socket", "/nonexistent/auth.sock");
  const { code, stderr } = await run(command, args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^<3>mlauth: cannot serve authentication error="listen [^\n]*\n$/);
});

test("a collector out of descriptors does not end because of a login", async () => {
  const [node] = program("mlcollector");
  const script = `
    import { openSync } from "node:fs";
    import { createAuthClient } from ${JSON.stringify(join(ROOT, "dist/src/auth/auth-client.js"))};
    import { childChannel } from ${JSON.stringify(join(ROOT, "dist/src/auth/channel.js"))};
    const log = { event: () => {} };
    const client = createAuthClient({ open: childChannel([process.execPath, "-e", "0"]), users: {}, log });
    try {
      for (;;) openSync("/dev/null");
    } catch {}
    console.log(await client.authenticate("alice", "x"));
  `;
  const args = ["-c", 'ulimit -n 64; exec "$@"', "sh", node, "--input-type=module", "--eval", script];
  const { code, stdout, stderr } = await run("sh", args);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "{ ok: false, reason: 'unavailable' }\n", stderr: "" });
});
