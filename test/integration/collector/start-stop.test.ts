import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { run, start } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { RelpClient } from "../../support/relp-client.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A collector that begins to start, in a folder of its own. */
async function collector(options: readonly string[] = [], on: { env?: NodeJS.ProcessEnv; folder?: string } = {}) {
  const { env = process.env, folder = await tempFolder() } = on;
  const [relp, web] = [await freePort(), await freePort()];
  const listen = ["--relp", `127.0.0.1:${relp}`, "--web", `127.0.0.1:${web}`];
  const places = ["--insecure", "--data-dir", join(folder, "data"), ...listen];
  const [command, ...args] = program("mlcollector", ...places, ...options);
  return { folder, relp, running: start(command, args, { env }) };
}

/** Whether a reader was waiting on this FIFO; releases it. */
function letPass(fifo: string): boolean {
  try {
    closeSync(openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

test("a missing certificate ends the start at once", async () => {
  const { running } = await collector(["--web-cert", "/nonexistent.crt", "--web-key", "/nonexistent.key"]);
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(running.output()).toMatch(/cannot start .*nonexistent/);
});

test("a port that is in use ends the start at once", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  afterwards(() => void taken.close());
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { running } = await collector(["--tcp-syslog", `127.0.0.1:${port}`]);
  expect(await running.ended).toEqual({ code: 1, signal: null });
  expect(running.output()).toMatch(/cannot start .*\(tcp-syslog\): EADDRINUSE: another program listens there/);
});

describe("names an administrator's mistake, with the setting and the next step", () => {
  test.each([
    ["--tcp-syslog", "192.0.2.1:2514", /\(tcp-syslog\): EADDRNOTAVAIL: this machine has no such address: correct/],
    ["--metrics", "unix:/nonexistent/m.sock", /\(metrics\): \w+: its folder must exist/],
  ])("%s %s", async (option, value, problem) => {
    const { running } = await collector([option, value]);
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.output()).toMatch(problem);
  });

  test("a data-dir where nothing can be written", async () => {
    const folder = await tempFolder();
    writeFileSync(join(folder, "data"), "a file");
    const { running } = await collector([], { folder });
    expect(await running.ended).toEqual({ code: 1, signal: null });
    expect(running.output()).toMatch(/Cannot write to data-dir \S+\/data: \w+: the path exists and is not a folder/);
  });

  test("an admin-group that does not exist", async () => {
    const { running } = await collector(["--admin-group", "no-such-group"]);
    await running.waitFor(
      /administrators cannot read the audit records .*group=no-such-group .*there is no such group/,
    );
    expect(running.output()).not.toContain("install the package acl");
    await running.end("SIGTERM");
  });
});

test.each(["SIGTERM", "SIGINT"] as const)("%s during the start stops started parts in order", async (signal) => {
  const bin = await tempFolder();
  // The first part to start asks it, and waits.
  writeFileSync(join(bin, "setfacl"), '#!/bin/sh\necho > "$0.asked"\nexec sleep 10\n');
  chmodSync(join(bin, "setfacl"), 0o755);
  const { folder, running } = await collector([], { env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` } });
  await poll("it starts", () => existsSync(join(bin, "setfacl.asked")));
  running.signal(signal);
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(running.output()).toContain("mlcollector: stopping");
  expect(readFileSync(join(folder, "data/audit/audit.log"), "utf8")).toContain('"action":"stop"');
});

test("SIGTERM during a reindex ends it before anything listens, and the next start redoes it", async () => {
  const folder = await tempFolder();
  const [held, many] = [join(folder, "data/logs/alice/2026-11-20"), join(folder, "data/logs/bob/2026-11-20")];
  for (const path of [held, many]) mkdirSync(path, { recursive: true });
  for (let i = 0; i < 500; i += 1) writeFileSync(join(many, `${i}.meta`), "");
  // It waits at each until somebody opens it for writing: behind the first it is on its way, and goes no further.
  const [first, second] = [join(held, "1.meta"), join(held, "2.meta")];
  expect(await run("mkfifo", [first, second])).toMatchObject({ code: 0 });
  const { running } = await collector([], { folder });
  await poll("it reads the first", () => letPass(first));
  running.signal("SIGTERM");
  await poll("it reads the second", () => letPass(second));
  expect(await running.ended).toEqual({ code: 0, signal: null });
  expect(running.output()).toMatch(/stopping/);
  expect(running.output()).not.toMatch(/index made|listening|cannot/);

  rmSync(held, { recursive: true });
  const again = await collector([], { folder });
  await again.running.waitFor(/index made from the files .*unreadable=500/);
});

test("a collector goes on when nobody reads its log", async () => {
  const { relp, running } = await collector();
  await running.waitFor(/listening for browsers/);
  running.closeOutput();
  const [first, second] = [await RelpClient.open(relp), await RelpClient.open(relp)];
  await second.send(fakeExecution().begin());
  first.destroy();
  second.destroy();
  expect(await running.end("SIGTERM")).toEqual({ code: 0, signal: null });
});
