import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { LoopTurns } from "../../src/host/loop-turns.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { BufferPool } from "../../src/ingest/frames/chunk-builder.ts";
import { createIngestMetrics } from "../../src/ingest/ingest-metrics.ts";
import type { LineStore } from "../../src/ingest/line-store.ts";
import { type ConnectionOptions, RelayConnection } from "../../src/ingest/session/relay-connection.ts";
import { QuietRelays } from "../../src/ingest/session/turn-allowance.ts";
import { afterwards } from "./cleanup.ts";
import { RelpClient } from "./relp-client.ts";

interface RelaySession {
  readonly relay: RelpClient;
  /** The collector's end. */
  readonly socket: Socket;
  readonly connection: RelayConnection<object>;
  readonly logLines: readonly string[];
}

/** One session in this process over a real socket, with a store whose functions the test passes. */
export async function openSession(
  store: Partial<LineStore<object>>,
  options: Partial<Pick<ConnectionOptions<object>, "quiet" | "turns" | "nowMs">> = {},
): Promise<RelaySession> {
  const { nowMs = Date.now } = options;
  const server = createServer().listen(0, "127.0.0.1");
  afterwards(async () => void server.close());
  await once(server, "listening");
  const connected = once(server, "connection");
  const address = server.address();
  const relay = await RelpClient.connect(typeof address === "object" ? (address?.port ?? 0) : 0);
  afterwards(() => relay.destroy());
  const [socket] = await connected;
  afterwards(() => socket.destroy());
  socket.on("error", () => {});
  const logLines: string[] = [];
  const connection = new RelayConnection({
    socket,
    store: {
      slotFor: () => ({}),
      claim: async () => "stored",
      store: () => "stored",
      commit: () => store.store?.([]) ?? "stored",
      ...store,
    },
    quiet: new QuietRelays(),
    turns: new LoopTurns(),
    nowMs,
    pool: new BufferPool(16),
    log: { event: (severity, message, fields) => logLines.push(`${severity} ${message} ${JSON.stringify(fields)}`) },
    metrics: createIngestMetrics({ metrics: createMetrics(), clocks: { update: () => {} }, nowMs }),
    node: "node1",
    openWithinMs: 10_000,
    frameWithinMs: 10_000,
    ...options,
  });
  relay.command("open", "relp_version=0\nrelp_software=test\ncommands=syslog");
  await relay.answered(1);
  return { relay, socket, connection, logLines };
}
