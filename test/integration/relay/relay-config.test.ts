import { chown, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { relayConfig } from "../../../src/ctl/relay/relay-config.ts";
import { makePki, mlctl } from "../../support/ctl.ts";
import { run } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { OWN_GROUP } from "../../support/relay.ts";
import { RSYSLOGD } from "../../support/rsyslogd.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const STOCK = "$ModLoad imuxsock\n$RepeatedMsgReduction on\n";

let pki: string;
beforeAll(async () => {
  pki = await makePki(["node1"]);
});

function print(...args: string[]) {
  return mlctl("relay-config", "--collector", "127.0.0.1:2514", "--node", "node1", ...OWN_GROUP, ...args);
}

describe("rsyslogd accepts every form", () => {
  test.each([
    ["dedicated over TLS", () => ["--pki", pki], ""],
    ["dedicated in the clear", () => ["--insecure"], ""],
    ["drop-in over TLS", () => ["--pki", pki, "--drop-in"], STOCK],
    ["drop-in in the clear", () => ["--insecure", "--drop-in"], STOCK],
    ["with an IPv6 collector", () => ["--pki", pki, "--collector", "[::1]:2514"], ""],
    ["without a journal", () => ["--pki", pki, "--no-journal"], ""],
    ["drop-in without a journal", () => ["--pki", pki, "--no-journal", "--drop-in"], STOCK],
    ["with other disk space", () => ["--pki", pki, "--disk-space", "64m"], ""],
    ["with a group by name", () => ["--pki", pki, "--gate-group", "adm"], ""],
    ["with other folders", () => ["--pki", pki, "--relay-dir", "/tmp/a-b_c.d/run", "--state-dir", "/tmp/x,y=z@~1"], ""],
  ])("%s", async (_, options, before) => {
    const printed = await print(...options());
    expect(printed.code).toBe(0);
    expect(printed.stdout).not.toMatch(/@[A-Z_]+@/);
    const file = join(await tempFolder(), "relay.conf");
    await writeFile(file, before + printed.stdout);
    const checked = await run(RSYSLOGD, ["-N1", "-f", file]);
    expect(checked.stderr).toMatch(/^.*config validation run.*\n.*End of config validation run. Bye.\n$/);
    expect(checked.code).toBe(0);
  });
});

test("without TLS it says so, and has no TLS parameter", async () => {
  const printed = await print("--insecure");
  expect(printed.stderr).toContain("WITHOUT TLS");
  expect(printed.stdout).toContain("--insecure");
  expect(printed.stdout).not.toMatch(/^\s*tls/m);
});

describe("a wrong command line exits with 2 and names the mistake", () => {
  test.each([
    [[], "--collector is missing"],
    [["--collector", "host"], "--collector must be HOST:PORT"],
    [["--collector", "host:0", "--node", "n", "--insecure"], "--collector must be HOST:PORT"],
    [["--collector", "host:99999", "--node", "n", "--insecure"], "--collector must be HOST:PORT"],
    [["--collector", "h:1", "--pki", "/x"], "--node is missing"],
    [["--collector", "h:1", "--node", "n"], "--pki is missing"],
    [["--collector", "127.0.0.1:1", "--node", "n", "--pki", "/x", "--insecure"], "contradict"],
    [["--collector", "logs.example.org:1", "--node", "n", "--insecure"], "this machine"],
    [["--colector", "h:1"], "Unknown option '--colector'"],
    [["--collector", "127.0.0.1:1", "--node", "n", "--insecure", "more"], "more"],
  ])("%j", async (args, message) => {
    const result = await mlctl("relay-config", ...args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain("mlctl relay-config --help");
  });
});

test("names a missing certificate, with the command that makes it", async () => {
  const other = await makePki([]);
  const result = await mlctl("relay-config", "--collector", "127.0.0.1:1", "--node", "node1", "--pki", other);
  expect(result).toMatchObject({ code: 1, stdout: "" });
  expect(result.stderr).toContain(`${other}/node1.crt`);
  expect(result.stderr).toContain("mlctl pki issue node1");
});

describe("--out", () => {
  test("writes the configuration to a file that the relay's user can read, whatever the umask", async () => {
    const file = join(await tempFolder(), "relay.conf");
    const target = ["--collector", "127.0.0.1:2514", "--node", "node1", ...OWN_GROUP];
    const command = program("mlctl", "relay-config", ...target);
    const made = await run("sh", ["-c", 'umask 077; exec "$@"', "sh", ...command, "--pki", pki, "--out", file]);
    expect(made).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("restart marcologger-relay") });
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(await readFile(file, "utf8")).toBe((await print("--pki", pki)).stdout);
  });

  test("keeps a file's owner, mode and link, and leaves no other file", async () => {
    const folder = await tempFolder();
    const [file, link] = [join(folder, "real.conf"), join(folder, "relay.conf")];
    await writeFile(file, "old", { mode: 0o640 });
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(file, 65_534, 65_534);
    await symlink(file, link);
    expect(await print("--insecure", "--out", link)).toMatchObject({ code: 0 });
    expect(await stat(file)).toMatchObject({ mode: 0o100640, ...(isRoot ? { uid: 65_534, gid: 65_534 } : {}) });
    expect(await readFile(file, "utf8")).toContain("begin.sock");
    expect((await readdir(folder)).sort()).toEqual(["real.conf", "relay.conf"]);
  });

  test.each([
    ["a wrong command line", ["--insecure", "--node", "a b"], "Cannot use"],
    ["a missing certificate", ["--pki", "/nonexistent"], "Cannot find /nonexistent/ca.crt"],
  ])("leaves a working file unchanged after %s", async (_, args, message) => {
    const file = join(await tempFolder(), "relay.conf");
    await writeFile(file, "works");
    const result = await print(...args, "--out", file);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(message);
    expect(await readFile(file, "utf8")).toBe("works");
  });

  test("says why it cannot write", async () => {
    const result = await print("--insecure", "--out", "/nonexistent/relay.conf");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("Cannot write /nonexistent/relay.conf: ENOENT");
  });
});

describe("no value can add configuration", () => {
  const settings = {
    form: "dedicated",
    collector: { host: "127.0.0.1", port: 2514 },
    runDir: "/run/x",
    relayDir: "/run/y",
    gateGroup: "marcologger-gate",
    stateDir: "/var/x",
    pki: "/etc/x",
    node: "node1",
    diskSpace: "1g",
    journal: true,
  } as const;
  const evil = [
    '/a"',
    "/a\\",
    "/a\nb",
    "/a b",
    "/a%b",
    "/a`b`",
    "/a$b",
    "/a'",
    "/a;b",
    "/a#",
    "/ä",
    "a",
    "",
    "/",
    "/a/",
  ];
  const places = ["runDir", "relayDir", "stateDir", "pki"] as const;
  test.each(places.flatMap((place) => evil.map((value) => [place, value] as const)))("%s %j", async (place, value) => {
    await expect(relayConfig({ ...settings, [place]: value }, join(ROOT, "rsyslog.d"))).rejects.toThrow("Cannot use");
  });

  const names = ['n"', "n\n", "-n", "n/..", "../n", "", "n n", "a..b", ".n", "x".repeat(65), "1.2.3.4", "ä"];
  test.each(names)("node %j", async (node) => {
    await expect(relayConfig({ ...settings, node }, join(ROOT, "rsyslog.d"))).rejects.toThrow("its name has letters");
  });
  test.each(names.filter((name) => name !== "1.2.3.4"))("collector %j", async (host) => {
    const collector = { host, port: 2514 };
    await expect(relayConfig({ ...settings, collector }, join(ROOT, "rsyslog.d"))).rejects.toThrow(
      "it is not a host name",
    );
  });

  test.each(["runDir", "relayDir"])("refuses a socket folder whose paths would be truncated: %s", async (place) => {
    const long = { ...settings, [place]: `/${"x".repeat(97)}` };
    await expect(relayConfig(long, join(ROOT, "rsyslog.d"))).rejects.toThrow("limit is 96");
  });

  test.each(['g"', "g\n", "", "g g", "-g", "x".repeat(33), "1x", "12345678901"])("gate-group %j", async (gateGroup) => {
    await expect(relayConfig({ ...settings, gateGroup }, join(ROOT, "rsyslog.d"))).rejects.toThrow("Cannot use");
  });

  test.each(["", "1", "1k", "63m", "1G", '1g"', "-1g", "1 g", "0g"])("disk-space %j", async (diskSpace) => {
    await expect(relayConfig({ ...settings, diskSpace }, join(ROOT, "rsyslog.d"))).rejects.toThrow("Cannot use");
  });
});

test("gives the queue the requested disk space, and the journal at least that and at most five quarters", async () => {
  const { stdout } = await print("--pki", pki, "--disk-space", "2g");
  expect(stdout).toContain('queue.maxDiskSpace="2g"');
  expect(stdout).toContain(`rotation.sizeLimit="${2 ** 31 / 4}"`);
});

test("--no-journal removes every trace of it", async () => {
  const { stdout } = await print("--pki", pki, "--no-journal");
  expect(stdout).not.toMatch(/journal\/|call marcologger-journal/);
});

test("keeps the parameters of both forms in files, not in code", async () => {
  const relay = await readFile(join(ROOT, "rsyslog.d/20-relay.conf"), "utf8");
  const printed = await print("--pki", pki, "--drop-in");
  for (const line of relay.split("\n").filter((text) => !text.includes("@"))) expect(printed.stdout).toContain(line);
});
