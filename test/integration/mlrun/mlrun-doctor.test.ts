import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { type DumpRelay, dumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { startGate } from "../../support/gate.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { type Result, run } from "../../support/processes.ts";
import { program, ROOT } from "../../support/programs.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { inTerminal } from "../../support/twin.ts";

const IS_ROOT = process.getuid?.() === 0;

async function environment(runDir: string, settings = ""): Promise<NodeJS.ProcessEnv> {
  const home = await tempFolder();
  await writeFile(join(home, "mlrun.toml"), settings);
  const folders = { MLRUN_SPOOL_DIR: join(home, "spool"), MLRUN_CONFIG: join(home, "mlrun.toml"), HOME: home };
  return cleanEnvironment({ MLRUN_RUN_DIR: runDir, ...folders });
}

async function doctor(runDir: string, settings?: string): Promise<Result> {
  return mlrun(["--doctor"], { env: await environment(runDir, settings) });
}

/** A web server whose clock differs. */
async function serverWithClock(differenceMs: number): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { date: new Date(Date.now() + differenceMs).toUTCString() }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A node whose rsyslogd has another configuration than that of `DumpRelay`. */
async function relayWith(change: (configuration: string) => string): Promise<DumpRelay> {
  const relay = await dumpRelay();
  const rsyslogd = await relay.start();
  await rsyslogd.stop();
  const folder = relay.runDir;
  const config = change(await readFile(join(folder, "rsyslog.conf"), "utf8"));
  const sockets = [join(folder, "relay/begin.sock"), join(folder, "relay/lines.sock")];
  await startRsyslogd({ folder, config, sockets });
  return relay;
}

test("finds nothing wrong on a node that works, and proves it by an execution", async () => {
  const relay = await startDumpRelay();
  const { code, stdout, stderr } = await doctor(relay.runDir, `viewer = "${await serverWithClock(0)}"\n`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^ok +Node +20\.|^ok +Node +2\d\./);
  expect(stdout).toMatch(/^ok +socket +.*mlrun\.sock: the gate listens$/m);
  expect(stdout).toMatch(
    /^ok +hand-over +execution \S{26} of job mlrun-doctor is in the relay's journal \(K and T, \d+ ms\)$/m,
  );
  expect(stdout).toMatch(/^ok +configuration +.*rsyslog\.conf: message size and rate limits leave frames whole$/m);
  expect(stdout).toMatch(/^ok +spool /m);
  expect(stdout).toMatch(/^ok +clock /m);
  const { begin, end, stdout: logged } = await relay.execution();
  expect(begin).toMatchObject({ job: "mlrun-doctor", argv: ["mlrun", "--doctor"] });
  expect(logged.toString()).toBe("This is the test of mlrun --doctor.\n");
  expect(end).toMatchObject({ code: 0, lines: { stdout: 1, stderr: 0 } });
});

describe("names the fault and how to mend it:", () => {
  test("no run folder, and a folder without a socket", async () => {
    const folder = await tempFolder();
    const none = await doctor(join(folder, "none"));
    expect(none).toMatchObject({ code: 1, stderr: "" });
    expect(none.stdout).toMatch(
      /^wrong +socket +there is no folder .*none\n +mend: on the machine: systemctl enable --now/m,
    );
    expect(none.stdout).not.toMatch(/hand-over/);
    expect((await doctor(folder)).stdout).toMatch(/^wrong +socket +there is no .*mlrun\.sock\n +mend: /m);
  });

  test("the gate is not running", async () => {
    const relay = await startDumpRelay();
    const sockets = { listen: join(relay.runDir, "mlrun.sock"), lines: "", begin: "" };
    await (await startGate(sockets)).end("SIGKILL");
    expect((await doctor(relay.runDir)).stdout).toMatch(
      /^wrong +socket +nobody listens on .*mlrun\.sock: the gate is not running\n +mend: systemctl /m,
    );
  });

  test("rsyslogd is not running", async () => {
    const relay = await dumpRelay();
    await (await relay.start()).kill();
    const { code, stdout } = await doctor(relay.runDir);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^wrong +hand-over +the gate does not confirm a BEGIN .*: no rsyslogd listens on .*lines\.sock/m,
    );
    expect(stdout).toMatch(/mend: systemctl status marcologger-relay \(or rsyslog\)/);
  });

  test("rsyslogd takes nothing", async () => {
    const relay = await dumpRelay();
    const { process: rsyslogd } = await relay.start();
    process.kill(rsyslogd.pid, "SIGSTOP");
    const { stdout } = await doctor(relay.runDir);
    process.kill(rsyslogd.pid, "SIGCONT");
    expect(stdout).toMatch(/^wrong +hand-over +.*no answer within 5 s\): rsyslogd listens, and takes nothing$/m);
  });

  test.skipIf(!IS_ROOT)("this user, or another one, may not connect", async () => {
    const relay = await startDumpRelay();
    const socket = join(relay.runDir, "mlrun.sock");
    await chmod(relay.runDir, 0o711);
    await chmod(socket, 0o600);
    expect((await doctor(relay.runDir)).stdout).toMatch(
      /has mode 600: not every user can connect\n +mend: as root: chmod 666/,
    );
    const [file, ...args] = program("mlrun", "--run-dir", relay.runDir, "--doctor");
    const { stdout } = await run("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", file, ...args], {
      env: cleanEnvironment({ HOME: "/nonexistent" }),
    });
    expect(stdout).toMatch(/^wrong +socket +this user may not connect to/m);
    expect(stdout).toMatch(/^wrong +spool +\/nonexistent\S* cannot be used/m);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    [
      "message size",
      (text) => text.replace(/maxMessageSize="8k"/, 'maxMessageSize="4k"'),
      /sets maxMessageSize to 4096 bytes: .*\n +mend: set it to at least 8k/,
    ],
    [
      "rate limit",
      (text) => text.replace(/(path="[^"]*lines.sock")/, '$1 rateLimit.interval="5" rateLimit.burst="100"'),
      /limits the rate of the gate's sockets: .*\n +mend: remove rateLimit\.interval/,
    ],
  ])("rsyslogd's %s", async (_, change, found) => {
    const relay = await relayWith(change);
    expect((await doctor(relay.runDir)).stdout).toMatch(found);
  });

  test("repeated-message reduction, which finds no two equal frames", async () => {
    const relay = await relayWith((text) => `$RepeatedMsgReduction on\n${text}`);
    expect((await doctor(relay.runDir)).stdout).toMatch(
      /^ok +configuration .*reduction is on, and finds no two equal frames$/m,
    );
    expect((await relay.execution()).end).toMatchObject({ code: 0 });
  });

  test("a clock, settings, a secret, and what waits or is damaged in the spool", async () => {
    const relay = await dumpRelay();
    const env = await environment(relay.runDir, `viewer = "${await serverWithClock(-90_000)}"\nnonsense\n`);
    const spool = String(env["MLRUN_SPOOL_DIR"]);
    await mlrun(["--", "echo", "kept"], { env });
    await writeFile(join(spool, "x.damaged"), "");
    const secret = join(String(env["HOME"]), ".config/marcologger");
    await mkdir(secret, { recursive: true });
    await writeFile(join(secret, "notify-secret"), "geheim\n", { mode: 0o644 });
    const { stdout } = await mlrun(["--doctor"], { env });
    expect(stdout).toMatch(/^wrong +clock +this machine is (89|90|91) s ahead of the collector\n +mend: let chrony/m);
    expect(stdout).toMatch(/^wrong +settings +.*mlrun\.toml, line 2 is ignored/m);
    expect(stdout).toMatch(/^wrong +secret +.*others can read it/m);
    expect(stdout).toMatch(/^wrong +spool +1 wait in .*\n +mend: mlrun --flush delivers them$/m);
    expect(stdout).toMatch(/^wrong +spool +1 in .* cannot be delivered/m);
  });

  test("a Node that cannot be started", async () => {
    const folder = await tempFolder();
    for (const name of ["mlrun", "mlrun.cjs"]) await copyFile(join(ROOT, "dist/src/bin", name), join(folder, name));
    await writeFile(join(folder, "mlrun.conf"), "node=/nonexistent/node\n");
    const { code, stdout } = await run(join(folder, "mlrun"), ["--doctor"], { env: cleanEnvironment() });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^wrong +Node +Cannot start it: No such file or directory\n +mend: install Node 20\.19 or newer/,
    );
  });
});

test("has colours on a terminal only", async () => {
  const relay = await startDumpRelay();
  const words = inTerminal(program("mlrun", "--doctor"));
  const [file, ...args] = words;
  const { stdout } = await run(file, args, { env: await environment(relay.runDir), detached: true });
  expect(stdout).toContain("\x1b[32mok\x1b[0m       Node");
  expect((await doctor(relay.runDir)).stdout).not.toContain("\x1b");
});
