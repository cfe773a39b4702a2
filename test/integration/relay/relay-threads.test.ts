import { expect, test } from "vitest";
import { frameOf } from "../../support/as-sent.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { start } from "../../support/processes.ts";
import { startRelay } from "../../support/relay.ts";
import { sendLines } from "../../support/send.ts";

/** Writes the same block to a socket for ever, and says when the socket has taken the first of it. */
const WRITER = `const { connect } = require("node:net");
const socket = connect(process.argv[1]);
const block = Buffer.from(process.argv[2].repeat(200));
let blocks = 0;
const write = () => {
  while (socket.write(block)) blocks += 1;
  blocks += 1;
  if (blocks >= 20) console.log("floods");
};
socket.on("drain", write);
write();`;

/** imptcp reads a connection until it is empty: this one never is, and the queue behind it is full. */
test("BEGIN has a thread of rsyslogd for itself, however long another connection keeps one", async () => {
  const relay = await startRelay({ collectorPort: await freePort() });
  const frame = frameOf(fakeExecution().lines(1, ["y".repeat(100)]));
  const counted = `${Buffer.byteLength(frame)} ${frame}`;
  const flood = start(process.execPath, ["-e", WRITER, relay.linesSocket, counted]);
  await flood.waitFor(/floods/);
  for (let i = 0; i < 20; i += 1) await sendLines(relay.beginSocket, ["<134>1 - - 1 2 3 - {}"]);
  expect(await flood.end("SIGKILL")).toEqual({ code: null, signal: "SIGKILL" });
  await relay.kill();
});
