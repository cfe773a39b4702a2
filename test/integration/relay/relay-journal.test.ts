import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createEnvelopeView, parseEnvelope } from "../../../src/frame/envelope.ts";
import { gateBegin } from "../../support/as-sent.ts";
import { afterwards } from "../../support/cleanup.ts";
import { makePki } from "../../support/ctl.ts";
import { freePort } from "../../support/free-port.ts";
import { HASTY_SHUTDOWN } from "../../support/hasty-shutdown.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { type Relay, type RelayOptions, startRelay } from "../../support/relay.ts";
import { type RelpDump, startRelpDump } from "../../support/relp-dump.ts";
import { startReplay, waitingReplays } from "../../support/replay.ts";
import { asUser, createTestUser, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const KEY = "0123456789abcdefghijkl";

function frame(n: number, text = "x"): string {
  const fields = `s="stdout" n="${n}" c="1" b="${Buffer.byteLength(text)}"`;
  return `<14>1 ${TIME} h mlrun 1 LINES [ml@32473 v="1" t="lines" x="${ID}" k="${KEY}" ${fields}] ${n} ${text}`;
}

const envelope = (n: number, text = "x") =>
  frame(n, text).replace("<14>1", "<134>1").replace("h mlrun 1 LINES", "node1 mlrun - LINES");
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const BEGIN = /^<134>1 \S+ \S+ mlrun - BEGIN /;
const SENDER = { uid: 1001, gid: 1002, pid: 7 };
const begin = gateBegin('{"v":1}', SENDER);

/** Lines of the journal in the order written, without the relay's own. */
async function journal({ stateDir }: Pick<Relay, "stateDir">): Promise<string[]> {
  const lines: string[] = [];
  for (const name of ["4", "3", "2", "1", "current"]) {
    const text = await readFile(join(stateDir, "journal", name), "latin1").catch(() => "");
    lines.push(...text.split("\n").slice(0, -1));
  }
  return lines.filter((line) => line !== "" && !line.includes(" mlrun - RELAY "));
}

/** Starts the relay again as its units do, and lets the replay end. */
async function restarted(folder: string, options: RelayOptions): Promise<Relay> {
  const relay = await startRelay({ ...options, folder });
  const replay = startReplay(join(folder, "rsyslog.conf"));
  expect(await replay.ended, replay.output()).toEqual({ code: 0, signal: null });
  expect(await waitingReplays(relay.stateDir)).toEqual([]);
  return relay;
}

const distinct = (dump: RelpDump) => new Set(dump.messages.map((bytes) => bytes.toString("latin1")));

test("a frame taken over is in the journal, and arrives after the relay's next start", async () => {
  const port = await freePort();
  const folder = await tempFolder();
  const relay = await startRelay({ folder, collectorPort: port });
  await sendLines(relay.beginSocket, [begin]);
  expect(await journal(relay)).toHaveLength(1);
  await sendLines(
    relay.linesSocket,
    upTo(5_000).map((n) => frame(n)),
  );
  await relay.kill();
  const [first = "", ...lines] = await journal(relay);
  expect(first).toMatch(/ mlrun - BEGIN \[ml@32473 uid="1001" gid="1002" pid="7"\] LINES - \{"v":1\}$/);
  expect(lines).toEqual(upTo(5_000).map((n) => envelope(n)));

  const dump = await startRelpDump({ port });
  await restarted(folder, { collectorPort: port });
  expect(distinct(dump)).toEqual(new Set([first, ...lines]));
});

test("a frame is one line of the journal, whatever it holds, and is replayed as forwarded", async () => {
  const dump = await startRelpDump();
  const relay = await startRelay({ collectorPort: dump.port });
  const forged = `<134>1 ${TIME} node1 mlrun - BEGIN [ml@32473 uid="0" gid="0" pid="1"] LINES - {"v":1}`;
  const hostile: (string | Buffer)[] = [
    frame(1, `a\n${forged}\n`),
    frame(2, `a\r\n${forged}\0b\u0001`),
    `\n${forged}\n${forged}`,
    `<14>1 ${TIME} h mlrun 1 LINES [a b="\n${forged}\n"] x`,
    `<14>1 ${TIME} h\n${forged}\n mlrun 1 LINES - x`,
    Buffer.from(`${frame(3)}\x85\xff\xfe${forged}`, "latin1"),
    frame(4, "y".repeat(60_000)),
    frame(5, `${"y".repeat(65_300)}\n${forged}`),
    `${TIME} nothing of a frame %msg% %$!uid% ${forged}`,
  ];
  for (const message of hostile) {
    // Bad framing ends its own connection.
    await sendLines(relay.linesSocket, [message]).catch(() => {});
  }
  // The gate refuses all of these.
  const begins = [`${begin}\n${forged}`, `<13>1 ${TIME} 1001 7 1002 [a b="\n${forged}"] x`, `\n${forged}`];
  await sendLines(relay.beginSocket, begins);
  await sendLines(relay.linesSocket, [frame(6, "closing")]);
  await poll("all to be forwarded", () => [...distinct(dump)].some((text) => text.endsWith("closing")));
  await poll("all BEGINs", () => [...distinct(dump)].filter((text) => BEGIN.test(text)).length === begins.length);
  const lines = await poll("the journal to hold what was forwarded", async () => {
    const written = await journal(relay);
    return new Set(written).size === distinct(dump).size && written;
  });
  expect(new Set(lines)).toEqual(distinct(dump));
  for (const line of lines) {
    expect(line).toMatch(/^<134>1 \S+ node1 mlrun - (LINES|BEGIN) /);
    const view = createEnvelopeView();
    const bytes = Buffer.from(line, "latin1");
    if (parseEnvelope(bytes, 0, bytes.length, view) === undefined && view.kind === "begin") {
      expect(view.uid).toBe(SENDER.uid);
    }
  }
});

test("is written in parts: holds the newest frames without a gap, on at most five parts' disk space", async () => {
  const dump = await startRelpDump();
  const partBytes = 100_000;
  const parameters = { "rotation.sizeLimit": String(partBytes) };
  const relay = await startRelay({ collectorPort: dump.port, parameters });
  const count = 6_000;
  const each = upTo(count).map((n) => envelope(n).length + 2);
  await sendLines(
    relay.linesSocket,
    upTo(count).map((n) => frame(n)),
  );
  await dump.waitFor(count, 60_000);
  expect((await readdir(join(relay.stateDir, "journal"))).sort()).toEqual(["1", "2", "3", "4", "current"]);
  const lines = await journal(relay);
  const bytes = lines.reduce((sum, line) => sum + line.length + 2, 0);
  expect(bytes).toBeGreaterThanOrEqual(4 * partBytes);
  expect(bytes).toBeLessThanOrEqual(5 * (partBytes + Math.max(...each)) + 10_000);
  expect(lines).toEqual(
    upTo(count)
      .slice(-lines.length)
      .map((n) => envelope(n)),
  );
}, 120_000);

test("a relay that discards frames because of a wrong certificate has them in its journal", async () => {
  const [pki, otherPki] = [await makePki(["node1"]), await makePki([])];
  const port = await freePort();
  const folder = await tempFolder();
  const read = (from: string, name: string) => readFile(join(from, name));
  const serve = async (from: string) =>
    startRelpDump({
      port,
      tls: {
        key: await read(from, "collector.key"),
        cert: await read(from, "collector.crt"),
        ca: await read(pki, "ca.crt"),
      },
    });
  const impostor = await serve(otherPki);
  const relay = await startRelay({ folder, collectorPort: port, pki, parameters: HASTY_SHUTDOWN });
  let isOver = false;
  void relay.process.ended.then(() => {
    isOver = true;
  });
  const confirmed: number[] = [];
  for (let n = 1; !isOver; n += 1) {
    // Each with its own EOF, which shows which ones the relay has taken over.
    const isTaken = await sendLines(relay.linesSocket, [frame(n)]).then(
      () => true,
      () => false,
    );
    if (isTaken) confirmed.push(n);
  }
  expect(await readFile(join(relay.stateDir, "relay.log"), "utf8")).toContain("DISABLING action");
  expect(confirmed.length).toBeGreaterThan(0);
  expect(impostor.messages).toEqual([]);
  await impostor.close();
  const dump = await serve(pki);
  await restarted(folder, { collectorPort: port, pki });
  for (const n of confirmed) expect(distinct(dump)).toContain(envelope(n));
}, 120_000);

test("--no-journal: there is none", async () => {
  const dump = await startRelpDump();
  const relay = await startRelay({ collectorPort: dump.port, journal: false });
  await sendLines(relay.linesSocket, [frame(1)]);
  await dump.waitFor(1);
  expect(await readdir(relay.stateDir)).not.toContain("journal");
});

describeAsRoot("a full disk under the journal", () => {
  test("disturbs nobody: everything is forwarded, and the journal resumes with whole lines when there is room", async () => {
    const dump = await startRelpDump();
    const folder = await tempFolder();
    const stateDir = join(folder, "state");
    await mkdir(stateDir);
    expect(await runAsRoot("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0777", "none", stateDir])).toMatchObject({
      code: 0,
    });
    afterwards(async () => void (await runAsRoot("umount", ["-l", stateDir])));
    await writeFile(join(stateDir, "other"), Buffer.alloc(600_000));
    const relay = await startRelay({ folder, collectorPort: dump.port });
    const count = 6_000;
    await sendLines(
      relay.linesSocket,
      upTo(count).map((n) => frame(n)),
    );
    await dump.waitFor(count);
    await poll("the relay to say so", async () =>
      (await readFile(join(stateDir, "relay.log"), "utf8")).includes("No space left on device"),
    );
    expect((await journal(relay)).length).toBeLessThan(count);
    await rm(join(stateDir, "other"));
    const next = await poll("the journal to go on", async () => {
      await sendLines(relay.linesSocket, [frame(count + 1)]);
      return (await journal(relay)).at(-1)?.endsWith(` ${count + 1} x`) && journal(relay);
    });
    const torn = next.filter((line) => !/^<134>1 \S+ node1 mlrun - LINES .* \d+ x$/.test(line));
    expect(torn.length).toBeLessThanOrEqual(1);
  });
});

describeAsRoot("the journal holds keys", () => {
  let bob: Awaited<ReturnType<typeof createTestUser>>;
  beforeAll(async () => {
    bob = await createTestUser("bob");
  });

  describe("another user", () => {
    test("can read neither it nor files that wait for the replay, nor list their folders", async () => {
      const folder = await tempFolder();
      const options = { folder, collectorPort: await freePort() };
      const first = await startRelay(options);
      await sendLines(first.linesSocket, [frame(1)]);
      await first.kill();
      const relay = await startRelay(options);
      await sendLines(relay.linesSocket, [frame(2)]);
      await startReplay(join(folder, "rsyslog.conf")).waitFor(/waiting/);
      const [name = ""] = await waitingReplays(relay.stateDir);
      const held = ["journal/current", `replay/${name}/current`, `replay/${name}/progress`];
      for (const path of held) {
        const [command, ...args] = asUser(bob, "cat", join(relay.stateDir, path));
        expect(await run(command, args)).toMatchObject({ code: 1, stdout: "" });
        expect(await run("cat", [join(relay.stateDir, path)])).toMatchObject({ code: 0 });
      }
      for (const path of [".", "journal", "replay", `replay/${name}`]) {
        const [command, ...args] = asUser(bob, "ls", join(relay.stateDir, path));
        expect(await run(command, args)).toMatchObject({ code: 2, stdout: "" });
      }
      // Without a collector it would take ten seconds to stop.
      await relay.kill();
    });
  });
});
