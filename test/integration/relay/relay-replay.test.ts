import { truncateSync } from "node:fs";
import { copyFile, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { replay } from "../../../src/ctl/replay/replay.ts";
import { afterwards } from "../../support/cleanup.ts";
import { makePki, mlctl } from "../../support/ctl.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { ROOT as VIEWER } from "../../support/ingest-site.ts";
import { earlierStart, envelopesOf } from "../../support/journal-files.ts";
import { poll } from "../../support/poll.ts";
import { type RunningProcess, start } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1");
});

function args(port: number, stateDir: string, trust: readonly string[] = ["--insecure"]): string[] {
  return ["relay-replay", "--collector", `127.0.0.1:${port}`, "--node", "node1", "--state-dir", stateDir, ...trust];
}

function startReplay(port: number, stateDir: string, ...more: readonly string[]): RunningProcess {
  const [command, ...rest] = program("mlctl", ...args(port, stateDir), ...more);
  return start(command, rest);
}

const left = (stateDir: string) => readdir(join(stateDir, "replay"));

describe("what earlier starts left", () => {
  test("is sent over TLS under the node's certificate, stored once, and removed", async () => {
    const site = await TlsSite.start(pki);
    const stateDir = await tempFolder();
    const { x, frames } = envelopesOf(2_000);
    const half = frames.length / 2;
    await earlierStart(stateDir, "1", { 2: frames.slice(0, half), 1: frames.slice(half - 10), current: [] });
    await earlierStart(stateDir, "2", { current: frames.slice(-100) });
    const done = await mlctl(...args(site.site.relp.port, stateDir, ["--pki", pki]));
    expect(done).toMatchObject({ code: 0, stdout: "" });
    expect(done.stderr).toContain(`${frames.length + 10 + 100} frames sent`);
    expect(await site.site.archive.get(VIEWER, { x, node: "node1" })).toMatchObject({
      delivery: "complete",
      lines: 2_000,
    });
    expect(await left(stateDir)).toEqual([]);
  });

  test("is sent verbatim, the oldest start first, files in order", async () => {
    const dump = await startRelpDump();
    const stateDir = await tempFolder();
    const { frames } = envelopesOf(12, "größer \\ # %s ");
    await earlierStart(stateDir, "17", { current: frames.slice(12) });
    await earlierStart(stateDir, "16", {
      4: [],
      3: frames.slice(0, 5),
      1: frames.slice(5, 9),
      current: frames.slice(9, 12),
    });
    expect(await mlctl(...args(dump.port, stateDir))).toMatchObject({ code: 0 });
    expect(dump.messages.map(String)).toEqual(frames);
  });

  test("is nothing: the replay ends at once, without a collector", async () => {
    const stateDir = await tempFolder();
    expect(await mlctl(...args(await freePort(), stateDir))).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await readdir(stateDir)).toEqual([]);
  });

  test("is sent according to the relay's configuration, even if the relay no longer keeps a journal", async () => {
    const dump = await startRelpDump();
    const stateDir = await tempFolder();
    const { frames } = envelopesOf(3);
    await earlierStart(stateDir, "1", { current: frames });
    const file = join(stateDir, "relay.conf");
    const where = ["--collector", `127.0.0.1:${dump.port}`, "--node", "node1", "--insecure", "--state-dir", stateDir];
    await writeFile(file, (await mlctl("relay-config", ...where, "--no-journal")).stdout);
    expect(await mlctl("relay-replay", "--relay-config", file)).toMatchObject({ code: 0 });
    expect(dump.messages.map(String)).toEqual(frames);
  });

  test.each([
    ["is not there", (file: string) => [`${file}.gone`], 1, "Cannot read"],
    ["is another program's", (file: string) => [file], 1, "`mlctl relay-config` has not printed it"],
    ["does not stand alone", (file: string) => [file, "--node", "node1"], 2, "allows no other options"],
  ])("is not sent when its configuration %s", async (_, words, code, message) => {
    const file = join(await tempFolder(), "relay.conf");
    await writeFile(file, "# nothing\n");
    const result = await mlctl("relay-replay", "--relay-config", ...words(file));
    expect(result).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });

  test("ends although the collector answers everything and never closes", async () => {
    const dump = await startRelpDump({ closes: false });
    const stateDir = await tempFolder();
    await earlierStart(stateDir, "1", { current: envelopesOf(3).frames });
    expect(await mlctl(...args(dump.port, stateDir))).toMatchObject({ code: 0 });
  });

  test("waits for a collector that is away", async () => {
    const port = await freePort();
    const stateDir = await tempFolder();
    const { frames } = envelopesOf(10);
    await earlierStart(stateDir, "1", { current: frames });
    const running = startReplay(port, stateDir);
    await running.waitFor(/the collector is away \(.*ECONNREFUSED.*\): waiting/);
    const dump = await startRelpDump({ port });
    expect(await running.ended).toEqual({ code: 0, signal: null });
    expect(dump.messages.map(String)).toEqual(frames);
  });

  test("resumes where it was when the sender or the collector is killed, without loss", async () => {
    const port = await freePort();
    const stateDir = await tempFolder();
    const { frames } = envelopesOf(40_000);
    await earlierStart(stateDir, "1", { 1: frames.slice(0, 5_000), current: frames.slice(5_000) });
    const first = await startRelpDump({ port });
    const killed = startReplay(port, stateDir);
    await poll("a part to be sent", () => first.messages.length > 15_000);
    await killed.end("SIGKILL");
    expect(first.messages.length).toBeLessThan(frames.length);
    expect(await left(stateDir)).toEqual(["1"]);
    const sent = first.messages.length;
    const running = startReplay(port, stateDir);
    await poll("some more to be sent", () => first.messages.length > sent + 5_000);
    await first.close();
    const second = await startRelpDump({ port });
    expect(await running.ended).toEqual({ code: 0, signal: null });
    const all = [...first.messages, ...second.messages].map(String);
    expect(new Set(all)).toEqual(new Set(frames));
    // Not from the beginning: at most a window and a mebibyte go twice, for each interruption.
    expect(all.length).toBeLessThan(frames.length + 2 * 8_000);
    expect(await left(stateDir)).toEqual([]);
  }, 120_000);

  test("waits for a starting collector: one ended session is not an error", async () => {
    const port = await freePort();
    const stateDir = await tempFolder();
    await earlierStart(stateDir, "1", { current: envelopesOf(3).frames });
    const ends = createServer((socket) => socket.destroy());
    afterwards(() => void ends.close());
    let pauses = 0;
    const done = await replay({
      folder: join(stateDir, "replay"),
      target: async () => ({ host: "127.0.0.1", port, tls: undefined }),
      maxBytes: 1e9,
      say: () => {},
      // Away twice, there and not ready once, and then there.
      pause: async () => {
        pauses += 1;
        if (pauses === 2) await new Promise<void>((listening) => ends.listen(port, "127.0.0.1", listening));
        if (pauses !== 3) return;
        await new Promise<unknown>((closed) => ends.close(closed));
        await startRelpDump({ port });
      },
    });
    expect(done.frames).toBe(5);
  });

  test("is sent by one process at a time", async () => {
    const port = await freePort();
    const stateDir = await tempFolder();
    const { frames } = envelopesOf(100);
    await earlierStart(stateDir, "1", { current: frames });
    const both = [startReplay(port, stateDir), startReplay(port, stateDir)];
    await poll("one to wait", () => both.some((one) => one.output().includes("waiting")));
    const dump = await startRelpDump({ port });
    for (const one of both) expect(await one.ended).toMatchObject({ code: 0 });
    expect(dump.messages.map(String)).toEqual(frames);
  });
});

describe("skips, counts and reports lines that are no frames", () => {
  const { frames } = envelopesOf(3);
  const [begin = "", one = "", two = ""] = frames;
  const forged = fakeExecution().begin({}, 0);
  test.each([
    ["a torn last line", [...frames.map((frame) => `${frame}\n`), two.slice(0, -3)].join(""), 1],
    ["a whole last line without its end", frames.join("\n"), 1],
    ["a torn line in the middle", `${begin}\n${one.slice(0, 90)}\n${two}\n`, 1],
    ["a BEGIN behind a torn line, without an end between them", `${one.slice(0, 90)}${forged}\n${two}\n`, 1],
    ["a BEGIN inside a line", `${one.replace(/x1$/, `x1 ${forged}`)}\n${two}\n`, 1],
    ["text, empty lines, binary", `\nhello\n\n\0\u0001\n${two}\n`, 2],
    ["a line torn on a full disk, and the next one whole", `\n${one.slice(0, 90)}\n${two}\n`, 1],
    ["a line longer than any frame, with a BEGIN in it", `${"x".repeat(600_000)}${forged}\n${two}\n`, 1],
    ["such a line at the end", `${two}\n${"x".repeat(600_000)}`, 1],
  ])("%s", async (_, content, skipped) => {
    const dump = await startRelpDump();
    const stateDir = await tempFolder();
    await earlierStart(stateDir, "1", { current: content });
    const done = await mlctl(...args(dump.port, stateDir));
    expect(done).toMatchObject({ code: 0 });
    expect(done.stderr).toContain(`${skipped} lines skipped`);
    for (const text of dump.messages.map(String)) expect(frames).toContain(text);
    expect(dump.messages.map(String)).not.toContain(forged);
    expect(await left(stateDir)).toEqual([]);
  });
});

describe("removes nothing, and says what to do, when", () => {
  async function journal(): Promise<string> {
    const stateDir = await tempFolder();
    await earlierStart(stateDir, "1", { current: envelopesOf(3).frames });
    return stateDir;
  }
  async function expectFailure(run: readonly string[], stateDir: string, said: RegExp): Promise<void> {
    const result = await mlctl(...run);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toMatch(said);
    expect(await left(stateDir)).toEqual(["1"]);
  }

  test("the collector shows another authority's certificate", async () => {
    const site = await TlsSite.start(await pkiLasting(undefined));
    const stateDir = await journal();
    await expectFailure(
      args(site.site.relp.port, stateDir, ["--pki", pki]),
      stateDir,
      /Cannot trust the collector: .*ca\.crt/,
    );
  });

  test("the collector's certificate names another host", async () => {
    const elsewhere = await makePki(["node1"], ["elsewhere.example.org"]);
    const site = await TlsSite.start(elsewhere);
    const stateDir = await journal();
    await expectFailure(args(site.site.relp.port, stateDir, ["--pki", elsewhere]), stateDir, /Cannot trust.*host name/);
  });

  test("the collector refuses the node's certificate", async () => {
    const folder = await pkiLasting(undefined, "node1");
    expect(await mlctl("pki", "revoke", "node1", "--dir", folder)).toMatchObject({ code: 0 });
    const site = await TlsSite.start(folder);
    const stateDir = await journal();
    await expectFailure(
      args(site.site.relp.port, stateDir, ["--pki", folder]),
      stateDir,
      /Cannot open a session.*revoked/,
    );
  }, 60_000);

  test("the collector refuses a frame", async () => {
    const dump = await startRelpDump({ answer: "500 no" });
    const stateDir = await journal();
    await expectFailure(args(dump.port, stateDir), stateDir, /the collector answered "500 no"/);
  });

  test("the key is another's", async () => {
    const folder = await pkiLasting(undefined, "node1", "node2");
    await copyFile(join(folder, "node2.key"), join(folder, "node1.key"));
    const stateDir = await journal();
    await expectFailure(args(1, stateDir, ["--pki", folder]), stateDir, /Cannot use .*node1\.key: .*mlctl pki issue/);
  });

  test("there is no certificate", async () => {
    const stateDir = await journal();
    const empty = await tempFolder();
    await expectFailure(args(1, stateDir, ["--pki", empty]), stateDir, /Cannot find .*ca\.crt: copy it from the auth/);
  });
});

test("bounds waiting journals to five quarters of the disk space: the oldest start's goes first", async () => {
  const stateDir = await tempFolder();
  for (const name of ["1", "2", "3"]) {
    const folder = await earlierStart(stateDir, name, { current: envelopesOf(1).frames });
    truncateSync(join(folder, "current"), 40 * 1_048_576);
  }
  const running = startReplay(await freePort(), stateDir, "--disk-space", "64m");
  await running.waitFor(/gave up the journal \S+\/replay\/1 of 41943040 bytes, unsent: limits are 83886080 bytes/);
  await running.waitFor(/waiting/);
  expect(await left(stateDir)).toEqual(["2", "3"]);
});

test("its progress file is readable by the relay only", async () => {
  const stateDir = await tempFolder();
  const folder = await earlierStart(stateDir, "1", { current: envelopesOf(1).frames });
  const running = startReplay(await freePort(), stateDir);
  await running.waitFor(/waiting/);
  expect((await stat(join(folder, "progress"))).mode & 0o777).toBe(0o600);
  expect(await readdir(stateDir)).toEqual(["replay"]);
});

test("the printed configuration holds everything that the replay needs", async () => {
  const stateDir = join(await tempFolder(), "state");
  const where = ["--collector", "[::1]:2514", "--node", "node1", "--pki", pki, "--state-dir", stateDir];
  const { stdout } = await mlctl("relay-config", ...where, "--disk-space", "2g");
  const [, line] = /^# mlctl relay-replay (.*)$/m.exec(stdout) ?? [];
  expect(line?.split(" ")).toEqual(expect.arrayContaining([...where, "--disk-space", "2g"]));
});
