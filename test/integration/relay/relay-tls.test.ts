import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makePki } from "../../support/ctl.ts";
import { freePort } from "../../support/free-port.ts";
import { HASTY_SHUTDOWN } from "../../support/hasty-shutdown.ts";
import { poll } from "../../support/poll.ts";
import { start } from "../../support/processes.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { type RelpDump, startRelpDump } from "../../support/relp-dump.ts";
import { RSYSLOGD } from "../../support/rsyslogd.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const FRAME = '<14>1 2026-11-20T04:17:44.960662Z h mlrun 1 LINES [ml@32473 v="1"] 1 x';

let pki: string;
let otherPki: string;
beforeAll(async () => {
  pki = await makePki(["node1", "node2"]);
  otherPki = await makePki(["node1"]);
});

/** A collector that shows a certificate, and trusts an authority, by default its own. */
async function dumpWith(folder: string, name: string, authority = folder, port = 0): Promise<RelpDump> {
  const read = (file: string) => readFile(file);
  const key = await read(join(folder, `${name}.key`));
  const cert = await read(join(folder, `${name}.crt`));
  return startRelpDump({ port, tls: { key, cert, ca: await read(join(authority, "ca.crt")) } });
}

const said = (relay: Relay) => readFile(join(relay.stateDir, "relay.log"), "utf8").catch(() => "");

test.each(["127.0.0.1", "localhost"])("trusts a collector reached as %s by that name", async (collectorHost) => {
  const dump = await dumpWith(pki, "collector");
  const relay = await startRelay({ collectorHost, collectorPort: dump.port, pki });
  await sendLines(relay.linesSocket, [FRAME]);
  expect(await dump.waitFor(1)).toHaveLength(1);
});

describe("frames never reach a server", () => {
  test.each([
    ["whose certificate is of another authority", () => dumpWith(otherPki, "collector", pki)],
    ["that shows a node's certificate", () => dumpWith(pki, "node2")],
    [
      "whose certificate names another host",
      async () => {
        const elsewhere = await makePki(["node1"], ["elsewhere.example.org"]);
        return Object.assign(await dumpWith(elsewhere, "collector"), { pki: elsewhere });
      },
    ],
    [
      "that shows a node's certificate of the collector's name",
      async () => {
        // `mlctl pki issue` refuses to make one beside the collector's; a site's own authority may not.
        const folder = await makePki(["node1", "localhost"], ["elsewhere.example.org"]);
        return Object.assign(await dumpWith(folder, "localhost"), { pki: folder, host: "localhost" });
      },
    ],
  ])("%s", async (_, makeDump) => {
    const dump: RelpDump & { readonly pki?: string; readonly host?: string } = await makeDump();
    const { port: collectorPort, host: collectorHost = "127.0.0.1" } = dump;
    const relay = await startRelay({ collectorHost, collectorPort, pki: dump.pki ?? pki, parameters: HASTY_SHUTDOWN });
    await sendLines(relay.linesSocket, [FRAME]);
    await poll("the relay's refusal", async () => /authentication error/.test(await said(relay)));
    expect([dump.sessions(), dump.messages]).toEqual([0, []]);
  });
});

test("a relay ends with its queue saved each time it meets a wrong certificate", async () => {
  const folder = await tempFolder();
  const port = await freePort();
  const wrong = await dumpWith(otherPki, "collector", pki, port);
  const relay = await startRelay({ folder, collectorPort: port, pki, parameters: HASTY_SHUTDOWN });
  await sendLines(relay.linesSocket, [FRAME]);
  expect(await relay.process.ended).toEqual({ code: 0, signal: null });
  // With everything on disk rsyslogd 8.2302 hangs while stopping, before it opens its sockets, and is killed.
  const again = start(RSYSLOGD, ["-n", "-f", join(folder, "rsyslog.conf"), "-i", "NONE"]);
  expect(await again.ended).toMatchObject({ signal: expect.toBeOneOf(["SIGKILL", null]) });
  expect(again.output()).toContain("DISABLING action");
  await wrong.close();

  const right = await dumpWith(pki, "collector", pki, port);
  await startRelay({ folder, collectorPort: port, pki, parameters: HASTY_SHUTDOWN });
  expect(await right.waitFor(1)).toHaveLength(1);
}, 120_000);

test("a collector refuses a relay whose certificate another authority signed", async () => {
  const dump = await dumpWith(pki, "collector");
  const mixed = await tempFolder();
  await copyFile(join(pki, "ca.crt"), join(mixed, "ca.crt"));
  for (const name of ["node1.crt", "node1.key"]) await copyFile(join(otherPki, name), join(mixed, name));
  const stranger = await startRelay({ collectorPort: dump.port, pki: mixed, parameters: HASTY_SHUTDOWN });
  await sendLines(stranger.linesSocket, [FRAME]);
  await poll("the relay's message", async () => (await said(stranger)).includes("suspended"));
  expect([dump.sessions(), dump.messages]).toEqual([0, []]);
});
