import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthClient } from "../../../src/auth/auth-client.ts";
import { socketChannel } from "../../../src/auth/channel.ts";
import { createUserDirectory } from "../../../src/host/users.ts";
import { afterwards } from "../../support/cleanup.ts";
import { pamService, pamServiceAskingTwice } from "../../support/pam-service.ts";
import { poll } from "../../support/poll.ts";
import { type RunningProcess, run, start } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { asRoot, createTestUser, describeAsRoot, runAsRoot, type TestUser } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const AS_ROOT = ["setpriv", "--reuid=root", "--regid=root", "--clear-groups", "--"] as const;

type Authentication = Awaited<ReturnType<typeof authentication>>;

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
  const authenticate = (user: string, password: string, address = "") =>
    client.authenticate({ user, password, address, isKnown: false });
  return { client: { ...client, authenticate }, service, said: () => [...told, service.output()].join("\n") };
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

  // As systemd runs it, with only the right to read /etc/shadow; and as root, as started by hand.
  describe.each([
    ["a user alone in group shadow", ["setpriv", "--reuid=nobody", "--regid=shadow", "--clear-groups", "--"]],
    ["root", AS_ROOT],
  ] as const)("by %s", (_, identity) => {
    let client: Authentication["client"];
    let service: RunningProcess;
    /** The program's output, to explain a failure. */
    let said: () => string;

    beforeAll(async () => {
      ({ client, service, said } = await authentication(identity));
    });

    test("the right one is accepted, others are not", async () => {
      const accepted = {
        is: "accepted",
        user: alice.name,
        uid: alice.uid,
        stamp: expect.stringMatching(/^[\w-]{22}$/),
      };
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
      for (const answer of await Promise.all(refused)) expect(answer, said()).toEqual({ is: "denied" });
      for (const { password } of [alice, bob, locked, expired]) expect(service.output()).not.toContain(password);
    });

    test("concurrent right and wrong ones do not get mixed up", async () => {
      const users = [alice, bob, alice, bob, alice, bob, alice, bob];
      const answers = users.map(({ name, password }, i) => client.authenticate(name, i < 6 ? password : "wrong"));
      const accepted = users.map(({ name, uid }) => ({ is: "accepted", user: name, uid, stamp: expect.any(String) }));
      const denied = { is: "denied" };
      expect(await Promise.all(answers), said()).toEqual([...accepted.slice(0, 6), denied, denied]);
    });
  });

  test("passes the user's address to PAM, if it is one", async () => {
    const told = join(await tempFolder(), "told");
    const rules = `auth required pam_exec.so log=${told} /usr/bin/env\naccount required pam_permit.so\n`;
    const service = await pamService(rules);
    const { client } = await authentication(AS_ROOT, "--pam-service", service);
    for (const address of ["192.0.2.7", "2001:db8::7", "evil.example\nPAM_RHOST=198.51.100.1", ""]) {
      expect(await client.authenticate(alice.name, "any", address)).toMatchObject({ is: "accepted" });
    }
    const lines = (await runAsRoot("cat", [told])).stdout.split("\n");
    expect(lines.filter((line) => line.startsWith("PAM_RHOST="))).toEqual([
      "PAM_RHOST=192.0.2.7",
      "PAM_RHOST=2001:db8::7",
    ]);
  });

  test.each(["together", "apart"] as const)(
    "a module that asks for more than a password gets its answers: %s",
    async (how) => {
      const service = await pamServiceAskingTwice(how);
      const { client, said } = await authentication(AS_ROOT, "--pam-service", service);
      for (const [reply, is] of [
        ["123456", "accepted"],
        ["654321", "denied"],
      ]) {
        const step = await client.authenticate(alice.name, "right");
        expect(step, said()).toMatchObject({ is: "asked", prompt: "Code: ", isEcho: true });
        expect(step.is === "asked" && (await step.reply(reply ?? ""))).toMatchObject({ is });
      }
    },
  );

  test("a module that hangs or crashes fails no other login", async () => {
    const script = join(await tempFolder(), "crash-for-bob");
    await runAsRoot("tee", [script], `#!/bin/sh\n[ "$PAM_USER" = ${bob.name} ] || exit 0\nkill -SEGV $PPID\n`);
    await runAsRoot("chmod", ["755", script]);
    const service = await pamService(`auth required pam_exec.so ${script}\naccount required pam_permit.so\n`);
    const { client, service: running } = await authentication(AS_ROOT, "--pam-service", service);
    const [crashed, fine] = await Promise.all([
      client.authenticate(bob.name, "x"),
      client.authenticate(alice.name, "x"),
    ]);
    expect([crashed.is, fine.is]).toEqual(["unavailable", "accepted"]);
    await running.waitFor(/mlpam ended without an answer \(SIGSEGV\)/);
  });

  test("an account is checked without a password: shows expiry and locks", async () => {
    const dave = await createTestUser("mld");
    const { client } = await authentication(AS_ROOT);
    const signedIn = await client.authenticate(dave.name, dave.password);
    const stamp = signedIn.is === "accepted" ? signedIn.stamp : "";
    expect(await client.account(dave.name)).toEqual({ uid: dave.uid, stamp });
    await runAsRoot("usermod", ["--lock", dave.name]);
    expect(await client.account(dave.name)).toEqual({ uid: dave.uid, stamp: expect.not.stringContaining(stamp) });
    await runAsRoot("usermod", ["--expiredate", "1", dave.name]);
    expect(await client.account(dave.name)).toBe("ended");
    expect(await client.account("nobody-has-this-name")).toBe("ended");
  });

  test("a PAM that cannot start does not judge the password", async () => {
    const withoutServices = 'mount --bind "$0" /etc/pam.d && exec "$@"';
    const { client, service } = await authentication(
      ["unshare", "--mount", "sh", "-c", withoutServices, await tempFolder()],
      "--pam-service",
      "none",
    );
    expect(await client.authenticate(alice.name, "any")).toEqual({ is: "unavailable" });
    await service.waitFor(/cannot ask PAM error="pam_start failed"/);
  });
});

test("reports a socket that cannot be created, and ends the program", async () => {
  const [command, ...args] = program("mlcollector", "auth", "--auth-socket", "/nonexistent/auth.sock");
  const { code, stderr } = await run(command, args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^<3>mlauth: cannot serve authentication error="listen [^\n]*\n$/);
});

test("a collector out of descriptors survives a login", async () => {
  const [node] = program("mlcollector");
  const script = `
    import { openSync } from "node:fs";
    import { createAuthClient } from ${JSON.stringify(join(ROOT, "dist/src/auth/auth-client.js"))};
    import { childChannel } from ${JSON.stringify(join(ROOT, "dist/src/auth/channel.js"))};
    const log = { event: () => {} };
    const client = createAuthClient({ open: childChannel([process.execPath, "-e", "0"]), users: { byName: async () => ({ name: "alice", uid: 1, gid: 1 }) }, log });
    try {
      for (;;) openSync("/dev/null");
    } catch {}
    console.log(await client.authenticate({ user: "alice", password: "x", address: "", isKnown: false }));
  `;
  const args = ["-c", 'ulimit -n 64; exec "$@"', "sh", node, "--input-type=module", "--eval", script];
  const { code, stdout, stderr } = await run("sh", args);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "{ is: 'unavailable' }\n", stderr: "" });
});
