import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { metric, ROOT } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

let pki: string;
beforeAll(async () => {
  pki = await pkiLasting(undefined, "node1");
});

interface Client {
  /** Parameters of `module(load="omrelp")`. */
  readonly module?: string;
  /** Parameters of its action. */
  readonly action?: string;
}

/** An rsyslogd without our configuration, forwarding its socket's messages unchanged. */
async function startClient(port: number, { module = "", action = "" }: Client): Promise<string> {
  const folder = await tempFolder();
  const socket = join(folder, "in.sock");
  const tls = `tls="on" tls.authMode="name" tls.permittedPeer=["localhost"] tls.caCert="${pki}/ca.crt"
    tls.myCert="${pki}/node1.crt" tls.myPrivKey="${pki}/node1.key"`;
  const config = `
global(workDirectory="${folder}" maxMessageSize="128k")
module(load="imptcp")
module(load="omrelp" ${module})
template(name="as-it-is" type="string" string="%rawmsg%")
input(type="imptcp" path="${socket}" supportOctetCountedFraming="on" maxFrameSize="131072" ruleset="forward")
ruleset(name="forward") {
  action(type="omrelp" target="localhost" port="${port}" template="as-it-is" ${tls}
    action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList" queue.size="100000" ${action})
}
`;
  await startRsyslogd({ folder, config, sockets: [socket] });
  return socket;
}

const EXECUTIONS = 10;

/** Frames of several executions in turn, each of `linesPerFrame` lines. */
function framesOf(executions: readonly FakeExecution[], shape: { lines: number; linesPerFrame: number; text: string }) {
  const frames = executions.map((one) => one.begin());
  const texts = new Array<string>(shape.linesPerFrame).fill(shape.text);
  for (let n = 1; n <= shape.lines; n += shape.linesPerFrame) {
    for (const one of executions) frames.push(one.lines(n, texts));
  }
  return [...frames, ...executions.map((one) => one.end(shape.lines))];
}

const SINGLE = { lines: 500, linesPerFrame: 1, text: "a line of an ordinary length, as programs print it" };
/** rsyslogd pauses 0.1 s whenever its window is full or it reconnects, with any receiver. */
const FEW = { ...SINGLE, lines: 100 };
const VERY_FEW = { ...SINGLE, lines: 3 };
const CASES: readonly [string, Client, typeof SINGLE][] = [
  ["windowSize 2", { action: 'windowSize="2"' }, VERY_FEW],
  ["windowSize 10000", { action: 'windowSize="10000"' }, SINGLE],
  ["rebindInterval 100", { action: 'rebindInterval="100"' }, FEW],
  ["TLS by gnutls", { module: 'tls.tlslib="gnutls"' }, SINGLE],
  ["TLS by openssl", { module: 'tls.tlslib="openssl"' }, SINGLE],
  ["TLS by openssl, rebindInterval 100", { module: 'tls.tlslib="openssl"', action: 'rebindInterval="100"' }, FEW],
  ["batches of 1024", { action: 'queue.dequeueBatchSize="1024"' }, FEW],
  ["eight sessions at once", { action: 'queue.workerThreads="8" queue.workerThreadMinimumMessages="10"' }, SINGLE],
  ["frames of 100 KiB", {}, { lines: 5_000, linesPerFrame: 500, text: "x".repeat(200) }],
];

describe("stores every line once from rsyslogd with other settings as the RELP client", () => {
  test.each(CASES)("%s", async (_, client, shape) => {
    const { site } = await TlsSite.start(pki);
    const socket = await startClient(site.relp.port, client);
    const executions = Array.from({ length: EXECUTIONS }, () => fakeExecution());
    await sendLines(socket, framesOf(executions, shape));
    for (const { x } of executions) {
      await poll(
        `${x} to be complete`,
        async () => (await site.archive.get(ROOT, { x, node: "node1" }))?.delivery === "complete",
        30_000,
      );
      expect(await site.archive.get(ROOT, { x, node: "node1" })).toMatchObject({ lines: shape.lines, missing: [] });
    }
    expect(await metric(site, "ml_relp_refused_sessions_total")).toBe(0);
    expect(await metric(site, "ml_ingest_discarded_frames_total")).toBe(0);
  });
});
