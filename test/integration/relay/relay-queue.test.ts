import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateBegin } from "../../support/as-sent.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
/** Octets that could break a queue file's format, including some that mlrun never sends. */
const NASTY = Buffer.concat([
  Buffer.from('\\n\\\\ "\\" {} : < > größer 漢 %s '),
  Buffer.from([0xff, 0xfe, 0x80, 0xc3]),
]);
const NASTY_AS_TEXT = NASTY.toString("latin1");

const message = (n: number, text = "x") =>
  Buffer.from(`<14>1 ${TIME} h mlrun 1 LINES [ml@32473 v="1" t="lines" n="${n}"] ${n} ${text}`, "latin1");
const envelope = (n: number, text = "x") =>
  `<134>1 ${TIME} node1 mlrun - LINES [ml@32473 v="1" t="lines" n="${n}"] ${n} ${text}`;
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const queueFiles = async ({ stateDir }: Relay) =>
  (await readdir(stateDir)).filter((name) => name.startsWith("marcologger."));

/** A tenth of every limit: the disk is used after a second, and stopping without a collector is quick. */
const SMALL = {
  "queue.size": "1000",
  "queue.dequeueBatchSize": "4",
  "queue.lightDelayMark": "700",
  "queue.highWatermark": "704",
  "queue.lowWatermark": "100",
  "queue.timeoutShutdown": "500",
  "queue.timeoutActionCompletion": "500",
};

test("a burst that outruns the collector arrives whole, in order, and never goes to disk", async () => {
  const dump = await startRelpDump();
  const relay = await startRelay({ collectorPort: dump.port });
  const numbers = upTo(160_000);
  // One connection: at lightDelayMark each brings a frame a second, and this process may read nothing for seconds.
  await sendLines(
    relay.linesSocket,
    numbers.map((n) => message(n)),
  );
  await dump.waitFor(numbers.length, 60_000);
  expect(dump.messages.map((text) => Number(text.toString().split(" ").at(-2)))).toEqual(numbers);
  expect(await queueFiles(relay)).toEqual([]);
}, 120_000);

test("frames that come while the collector is away go to disk, readable by the relay only, and arrive later", async () => {
  const port = await freePort();
  const relay = await startRelay({ collectorPort: port, parameters: SMALL });
  const numbers = upTo(1_000);
  // Several connections: each that has to wait at lightDelayMark brings one frame a second.
  const parts = upTo(4).map((part) => numbers.filter((n) => n % 4 === part - 1));
  await Promise.all(
    parts.map((part) =>
      sendLines(
        relay.linesSocket,
        part.map((n) => message(n, n % 7 === 0 ? NASTY_AS_TEXT : "x")),
      ),
    ),
  );
  expect(await queueFiles(relay)).not.toEqual([]);
  for (const entry of await readdir(relay.stateDir, { withFileTypes: true, recursive: true })) {
    const mode = (await stat(join(entry.parentPath, entry.name))).mode & 0o777;
    expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
  }
  expect((await stat(relay.stateDir)).mode & 0o777).toBe(0o700);

  const dump = await startRelpDump({ port });
  const distinct = () => new Set(dump.messages.map((bytes) => bytes.toString("latin1")));
  await poll("every frame", () => distinct().size === numbers.length);
  for (const n of numbers) expect(distinct()).toContain(envelope(n, n % 7 === 0 ? NASTY_AS_TEXT : "x"));
}, 120_000);

test("a relay stopped while the collector is away sends everything after its next start", async () => {
  const port = await freePort();
  const folder = await tempFolder();
  const relay = await startRelay({ folder, collectorPort: port, parameters: SMALL });
  const numbers = upTo(300);
  await sendLines(relay.beginSocket, [gateBegin('{"v":1}', { uid: 1001, gid: 1002, pid: 7 })]);
  await sendLines(
    relay.linesSocket,
    numbers.map((n) => message(n, NASTY_AS_TEXT)),
  );
  expect(await relay.stop()).toEqual({ code: 0, signal: null });
  expect(await queueFiles(relay)).toContain("marcologger.qi");

  await startRelay({ folder, collectorPort: port, parameters: SMALL });
  const dump = await startRelpDump({ port });
  const distinct = () => new Set(dump.messages.map((bytes) => bytes.toString("latin1")));
  await poll("every frame", () => distinct().size === numbers.length + 1);
  for (const n of numbers) expect(distinct()).toContain(envelope(n, NASTY_AS_TEXT));
  const begins = [...distinct()].filter((text) => text.includes('- BEGIN [ml@32473 uid="1001" gid="1002" pid="7"]'));
  expect(begins).toHaveLength(1);
}, 120_000);

test("a relay stopped while the collector keeps up leaves nothing behind", async () => {
  const dump = await startRelpDump();
  const relay = await startRelay({ collectorPort: dump.port });
  await sendLines(
    relay.linesSocket,
    upTo(5_000).map((n) => message(n)),
  );
  expect(await relay.stop()).toEqual({ code: 0, signal: null });
  expect(dump.messages.map(String)).toEqual(upTo(5_000).map((n) => envelope(n)));
  expect(await queueFiles(relay)).toEqual([]);
});

test("the collector leaves and returns: one session after the other, nothing missing", async () => {
  const port = await freePort();
  const first = await startRelpDump({ port });
  const relay = await startRelay({ collectorPort: port });
  await sendLines(
    relay.linesSocket,
    upTo(1_000).map((n) => message(n)),
  );
  await first.waitFor(1_000);
  await first.close();
  await sendLines(
    relay.linesSocket,
    upTo(1_000).map((n) => message(1_000 + n)),
  );
  const second = await startRelpDump({ port });
  const all = () => new Set([...first.messages, ...second.messages].map(String));
  await poll("every frame", () => all().size === 2_000);
});
