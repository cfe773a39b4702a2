import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { createMetrics } from "../../src/host/metrics.ts";
import { BufferPool } from "../../src/ingest/chunk-builder.ts";
import { createIngestMetrics } from "../../src/ingest/ingest-metrics.ts";
import { RelayConnection } from "../../src/ingest/relay-connection.ts";
import { SharedTurns, TurnShare } from "../../src/ingest/turn-share.ts";
import { afterwards } from "../support/cleanup.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { poll } from "../support/poll.ts";
import { RelpClient } from "../support/relp-client.ts";

test("a batch that filled while the one before was synced does not end the session of a relay that shares its turns", async () => {
  const nowMs = () => 0;
  const turns = new SharedTurns();
  // By this clock a quiet relay has always spoken just now.
  turns.heardQuiet(new TurnShare(turns, nowMs), nowMs());
  const synced: (() => void)[] = [];
  let isHeld = true;
  const store = {
    slotFor: () => ({}),
    claim: async () => "stored" as const,
    store: () =>
      isHeld ? new Promise<"stored">((settle) => synced.push(() => settle("stored"))) : ("stored" as const),
  };
  const server = createServer().listen(0, "127.0.0.1");
  afterwards(async () => void server.close());
  await once(server, "listening");
  const connected = once(server, "connection");
  const address = server.address();
  const relay = await RelpClient.connect(typeof address === "object" ? (address?.port ?? 0) : 0);
  afterwards(() => relay.destroy());
  const [socket] = await connected;
  new RelayConnection({
    socket,
    store,
    turns,
    nowMs,
    pool: new BufferPool(16),
    log: { event: () => {} },
    metrics: createIngestMetrics(createMetrics(), nowMs),
    node: "node1",
    openWithinMs: 10_000,
    frameWithinMs: 10_000,
  });
  relay.command("open", "relp_version=0\nrelp_software=test\ncommands=syslog");
  const execution = fakeExecution();
  // Empty lines: 38 bytes of a batch for each two on the wire.
  const texts = new Array<string>(2_000).fill("");
  const frames = Array.from({ length: 400 }, (_, i) => execution.lines(1 + i * texts.length, texts));
  for (const frame of frames) relay.command("syslog", frame);
  let bytesRead = -1;
  await poll("a batch to be synced, and the next one to be so full that nothing is read", () => {
    const isSteady = synced.length === 1 && socket.isPaused() && socket.bytesRead === bytesRead;
    bytesRead = socket.bytesRead;
    return isSteady;
  });
  isHeld = false;
  for (const settle of synced) settle();
  await relay.answered(1 + frames.length);
  expect(relay.replies).toHaveLength(1 + frames.length);
});
