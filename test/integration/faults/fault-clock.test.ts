import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { frameOf, gateBegin } from "../../support/as-sent.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { findLog } from "../../support/find-log.ts";
import { ROOT } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { startRelay } from "../../support/relay.ts";
import { sendLines } from "../../support/send.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

/** As a node's clock says it, line by line. */
const TIMES = [
  "2026-11-20T04:17:44",
  "1970-01-01T00:00:00",
  "2038-01-19T03:14:08",
  "1999-12-31T23:59:59",
  "2026-02-28T12:00:00",
];

test("keeps order and loses nothing through a real relay when a node's clock jumps by decades", async () => {
  const pki = await pkiLasting(undefined, "node1");
  const { site } = await TlsSite.start(pki);
  const relay = await startRelay({ collectorPort: site.relp.port, pki });
  const one = fakeExecution();
  const begin = one.begin();
  const sender = { uid: process.getuid?.() ?? 0, gid: 0, pid: 7 };
  await sendLines(relay.beginSocket, [gateBegin(begin.slice(begin.indexOf("{")), sender)]);
  const frames = TIMES.map((time, i) =>
    frameOf(one.lines(i + 1, [`line ${i + 1}`])).replace("2026-11-20T04:17:44", time),
  );
  await sendLines(relay.linesSocket, [...frames, frameOf(one.end(TIMES.length))]);
  await poll(
    "it to be complete",
    async () => (await site.archive.get(ROOT, { x: one.x, node: "node1" }))?.delivery === "complete",
  );
  const log = await readFile(await findLog(join(site.store.logsDir, ".."), one.x), "utf8");
  const expected = TIMES.map((time, i) => `${time}.960662Z stdout F line ${i + 1}\n`).join("");
  expect(log).toBe(expected);
});
