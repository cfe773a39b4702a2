import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { issueCertificate } from "../../../src/ctl/pki/pki.ts";
import { makePki, mlctl } from "../../support/ctl.ts";
import { nodeSockets, startGate } from "../../support/gate.ts";
import { program } from "../../support/programs.ts";
import { OWN_GROUP } from "../../support/relay.ts";
import { createTestUser, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

interface Node {
  readonly pki: string;
  readonly stateDir: string;
  readonly config: string;
}

let pki: string;
beforeAll(async () => {
  pki = await makePki(["node1", "node2"]);
});

/** A node's set-up: certificates, configuration, state folder. */
async function createNode(): Promise<Node> {
  const folder = await tempFolder();
  const own = { pki: join(folder, "pki"), stateDir: join(folder, "state"), config: join(folder, "relay.conf") };
  await mkdir(own.pki, { mode: 0o755 });
  await mkdir(own.stateDir);
  for (const name of ["ca.crt", "node1.crt", "node1.key"]) await copyFile(join(pki, name), join(own.pki, name));
  const args = ["--collector", "localhost:2514", "--node", "node1", "--pki", own.pki, "--state-dir", own.stateDir];
  args.push("--run-dir", join(folder, "run"), "--relay-dir", join(folder, "relay"));
  await startGate(await nodeSockets(join(folder, "run"), join(folder, "relay")));
  expect((await mlctl("relay-config", ...args, ...OWN_GROUP, "--out", own.config)).code).toBe(0);
  return own;
}

const check = (node: Node, ...args: string[]) => {
  const user = process.getuid?.() === 0 ? ["--user", "root"] : [];
  return mlctl("check", "relay", "--relay-config", node.config, ...user, ...args);
};

test("a correct set-up passes, and --quiet prints nothing", async () => {
  const node = await createNode();
  const all = await check(node);
  expect(all.code).toBe(0);
  expect(all.stdout).toMatch(/^ok +configuration .*: node node1$/m);
  expect(all.stdout).toMatch(/^ok +rsyslogd +accepts /m);
  expect(all.stdout).toMatch(/^ok +gate +mlgate \d+\..*dist\/src\/bin\/mlgate$/m);
  expect(all.stdout).toMatch(/^ok +gate's socket +.*run\/mlrun\.sock$/m);
  expect(all.stdout).toMatch(/^ok +certificate +.*node1\.crt, until \d{4}-/m);
  expect(all.stdout).toMatch(/^ok +local users /m);
  if (process.getuid?.() === 0) expect(await check(node, "--quiet")).toMatchObject({ code: 0, stdout: "" });
});

describe("names what would keep the relay from forwarding, with the next step", () => {
  const overwrite = (name: string, from: string) => (node: Node) => copyFile(join(pki, from), join(node.pki, name));
  const edit = (from: string, to: string) => async (node: Node) => {
    await writeFile(node.config, (await readFile(node.config, "utf8")).replaceAll(from, to));
  };
  test.each<[string, (node: Node) => Promise<void>, RegExp]>([
    [
      "a module that rsyslogd cannot load",
      edit('module(load="omrelp"', 'module(load="omrelq"'),
      /module omrelq +could not load module 'omrelq'.*\n +next: apt-get install /,
    ],
    [
      "a configuration that it does not accept",
      edit('queue.size="10000"', 'queue.sice="10000"'),
      /rsyslogd +error during parsing.*queue\.sice.*\n +next: .*mlctl relay-config/,
    ],
    ["a file of somebody else", (node) => writeFile(node.config, "*.* /tmp/x\n"), /has not printed it\n +next: mlctl/],
    [
      "a configuration without a gate",
      edit("# mlgate --listen", "# gate --listen"),
      /gate +.* names no sockets of a gate.*\n +next: write it again/,
    ],
    [
      "a group that is not there",
      edit("fileGroupNum=", 'fileGroup="nobodys" fileGroupNum='),
      /gate's group +there is no group nobodys\n/,
    ],
    [
      "a socket of the gate that only some may use",
      (node) => chmod(join(node.stateDir, "../run/mlrun.sock"), 0o660),
      /gate's socket +.*mlrun\.sock is not open to all users\n/,
    ],
    [
      "a file in the place of the gate's socket",
      async (node) => {
        const path = join(node.stateDir, "../run/mlrun.sock");
        await rm(path);
        await writeFile(path, "");
      },
      /gate's socket +.*mlrun\.sock is not a socket\n/,
    ],
    ["another node's key", overwrite("node1.key", "node2.key"), /node1\.key is the key of another certificate\n/],
    [
      "another node's certificate",
      async (node) => {
        await overwrite("node1.key", "node2.key")(node);
        await overwrite("node1.crt", "node2.crt")(node);
      },
      /is for DNS:node2, not for node1\n +next: .*mlctl pki issue node1/,
    ],
    [
      "another authority",
      async (node) => copyFile(join(await makePki([]), "ca.crt"), join(node.pki, "ca.crt")),
      /the authority in .*ca\.crt has not signed .*node1\.crt\n/,
    ],
    ["a key that is none", (node) => writeFile(join(node.pki, "node1.key"), "x"), /node1\.key is not a private key/],
    ["a certificate that is none", (node) => writeFile(join(node.pki, "node1.crt"), "x"), /Cannot use .*node1\.crt/],
  ])("%s", async (_, spoil, message) => {
    const node = await createNode();
    await spoil(node);
    const result = await check(node, "--quiet");
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining("the relay would not work") });
    expect(result.stdout).toMatch(message);
    expect(result.stdout).toMatch(/^FAILED/m);
  });

  test("a gate that is not there yet is a warning", async () => {
    const node = await createNode();
    await rm(join(node.stateDir, "../run/mlrun.sock"));
    const { code, stdout } = await check(node);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warning +gate's socket +.*mlrun\.sock: ENOENT.*\n +next: systemctl enable --now/m);
  });

  test("a certificate that has expired, and one that soon will", async () => {
    const [node, folder, dayMs] = [await createNode(), await makePki([]), 86_400_000];
    const days = (from: number, to: number) => ({ fromMs: Date.now() + from * dayMs, toMs: Date.now() + to * dayMs });
    const replace = async (lifetime: { fromMs: number; toMs: number }, name: string) => {
      await issueCertificate(folder, name, lifetime);
      for (const kind of ["crt", "key"])
        await copyFile(join(folder, `${name}.${kind}`), join(node.pki, `node1.${kind}`));
      await copyFile(join(folder, "ca.crt"), join(node.pki, "ca.crt"));
    };
    await replace(days(-2, -1), "node1");
    expect((await check(node)).stdout).toMatch(/^FAILED +certificate +.* has expired on /m);
    await mlctl("pki", "revoke", "node1", "--dir", folder);
    await replace(days(-2, 3), "NODE1");
    const soon = await check(node);
    expect(soon).toMatchObject({ code: 0, stdout: expect.stringMatching(/^warning +certificate +.* expires on /m) });
  });
});

describeAsRoot("as the relay's user", () => {
  test("names files and folders that the relay's user cannot use, though root could", async () => {
    const [node, user] = [await createNode(), await createTestUser("relay")];
    const [command, ...args] = program("mlctl", "check", "relay", "--relay-config", node.config, "--user", user.name);
    const asUser = () => runAsRoot(command, args);
    const give = (path: string) => runAsRoot("chown", [user.name, path]);
    await chmod(node.pki, 0o700);
    await writeFile(join(node.stateDir, "marcologger.qi"), "", { mode: 0o600 });
    const closed = await asUser();
    expect(closed.code).toBe(1);
    expect(closed.stdout).toMatch(/the service cannot read .*node1\.key: EACCES/);
    expect(closed.stdout).toContain(`next: chgrp ${user.name} ${node.pki} && chmod g+rx ${node.pki}`);
    expect(closed.stdout).toMatch(/^FAILED +state folder +.* cannot be written: EACCES\n +next: .*chown -R /m);

    await chmod(node.pki, 0o755);
    await give(node.stateDir);
    const left = await asUser();
    expect(left.stdout).toContain(`next: chgrp ${user.name} ${join(node.pki, "node1.key")} && chmod g+r `);
    expect(left.stdout).toMatch(/^FAILED +state folder +.*marcologger\.qi cannot be written: EACCES/m);

    await give(join(node.pki, "node1.key"));
    await give(join(node.stateDir, "marcologger.qi"));
    expect(await asUser()).toMatchObject({ code: 0, stderr: "" });
  });

  test("names a missing user", async () => {
    const result = await mlctl(
      "check",
      "relay",
      "--relay-config",
      (await createNode()).config,
      "--user",
      "no-such-user",
    );
    expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining("there is no user no-such-user") });
    expect(result.stdout).toContain("systemd-sysusers");
  });
});

test.each([[[]], [["relays"]], [["relay", "more"]], [["relay", "--colour"]]])("%j ends with 2", async (args) => {
  expect(await mlctl("check", ...args)).toMatchObject({ code: 2, stdout: "" });
});
