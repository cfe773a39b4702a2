import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import { executionOf } from "../orders/execution-of.ts";
import type { DryRunOnNode } from "../wire/fleet/dry-run.ts";
import { type EventAnswer, parseFleetEvent } from "../wire/fleet/event.ts";
import type { FleetView } from "../wire/fleet/node-view.ts";
import type { OrderOf } from "../wire/fleet/order.ts";
import { parsePresence } from "../wire/fleet/presence.ts";
import { parseRunDetails, type RunView } from "../wire/fleet/run-view.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import { BlobStore } from "./blobs/blob-store.ts";
import { FileServer } from "./blobs/file-server.ts";
import { Broker, type BrokerForm } from "./broker/broker.ts";
import { DryRuns } from "./dry-runs/dry-runs.ts";
import type { BrokerAddress } from "./link/connect.ts";
import { Link } from "./link/link.ts";
import { NodeTable } from "./nodes/node-table.ts";
import { nodeView } from "./nodes/node-view.ts";
import { NodeWatch } from "./nodes/node-watch.ts";
import { PAUSED } from "./outbox/batches.ts";
import type { Batching } from "./outbox/order-book.ts";
import { Outbox } from "./outbox/outbox.ts";
import { type NodeEventRow, OutboxDb, type RunRow } from "./outbox/outbox-db.ts";
import type { Nodes } from "./outbox/ports.ts";
import { Watchers } from "./outbox/watchers.ts";

export interface FleetOptions {
  /** Where nodes reach the broker. */
  readonly listen: BrokerAddress;
  /** Whether the broker is a child of this process, or a unit that something else starts. */
  readonly form?: BrokerForm;
  /** Where nodes fetch users' files. */
  readonly listenForFiles: BrokerAddress;
  /** Of one user's files; 0: no limit. */
  readonly fileBytesPerUser: number;
  readonly pki: string;
  /** For the outbox, and the broker's configuration. */
  readonly dataDir: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Of what nodes refuse; what the API takes and refuses, it records itself. */
  readonly audit: Audit;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

const LOOK_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
const KEEP_RUNS_MS = 30 * 86_400_000;

/**
 * The collector's side of the fleet:
 *
 *     API --signed orders--> outbox --> link ==NATS/TLS==> broker ==> agents
 *                              ^----- events, presence ------'
 */
export class Fleet {
  /** SHA-256 of the authority's certificate: orders name it. */
  readonly id: string;
  readonly #watchers = new Watchers();
  readonly #options: FleetOptions;
  readonly #broker: Broker;
  readonly #db: OutboxDb;
  readonly #table = new NodeTable();
  readonly #nodeWatch = new NodeWatch({ view: () => this.view(), ask: () => this.#link?.watch() });
  /** Users' files for nodes. */
  readonly blobs: BlobStore;
  readonly #files: FileServer;
  readonly #outbox: Outbox;
  readonly #dryRuns: DryRuns;
  #link: Link | undefined;
  #timers: NodeJS.Timeout[] = [];
  #looking: Promise<void> = Promise.resolve();

  constructor(options: FleetOptions) {
    this.#options = options;
    const { listen, form = "child", pki, dataDir, log, metrics, nowMs, wallMs } = options;
    this.id = createHash("sha256")
      .update(readFileSync(join(pki, "ca.crt")))
      .digest("hex");
    this.#broker = new Broker({ listen, form, pki, folder: join(dataDir, "fleet"), log, metrics, wallMs });
    this.#db = new OutboxDb(join(dataDir, "outbox.db"));
    const repeated = metrics.count("ml_fleet_repeated_events_total", "Events of nodes that were known already");
    const nodes: Nodes = {
      send: (node, message) => this.#link?.send(node, message),
      isPresent: (node) => this.#table.isPresent(node, nowMs()),
      isDuplicate: (node) => this.#table.isDuplicate(node, nowMs()),
      connectionsOf: (node) => this.#broker.connectionsOf(node),
      journalOf: (node) => this.#table.get(node)?.presence.journal ?? "",
    };
    this.#dryRuns = new DryRuns({ nodes, after });
    this.#outbox = new Outbox({
      db: this.#db,
      nodes,
      log,
      nowMs,
      wallMs,
      onChange: ({ owner, run }) => this.#watchers.changed(owner, run),
      onRefused: ({ why: reason, ...of }) =>
        options.audit.record({ event: "order", outcome: "refused", reason, ...of }),
      onRepeated: () => repeated.inc(),
    });
    this.blobs = new BlobStore({
      folder: join(dataDir, "fleet-files"),
      maxBytesPerUser: options.fileBytesPerUser,
      wallMs,
    });
    this.#files = new FileServer({
      listen: options.listenForFiles,
      pki,
      log,
      nodeOf: (uri) => this.#broker.nodes.nodeOf(uri),
      pathFor: (node, blob) =>
        this.#db.namesFile({ ...blob, node }) ? this.blobs.use(blob.owner, blob.sha256) : undefined,
    });
    metrics.gauge("ml_fleet_file_bytes", "Users' files for nodes, as kept here", () => this.blobs.bytes());
    metrics.gauge("ml_fleet_nodes_present", "Nodes whose agent was heard of within 40 s", () =>
      this.#table.countPresent(nowMs()),
    );
    metrics.gauges("ml_fleet_orders", "Runs on nodes by state", { label: "state", read: () => this.#db.states() });
  }

  /** Resolves with the addresses of the broker, which may come later where it is a unit, and of files. */
  async start(): Promise<BrokerAddress & { readonly files: BrokerAddress }> {
    const { pki, log, nowMs } = this.#options;
    const at = await this.#broker.start();
    const files = await this.#files.start();
    this.#link = new Link({
      at,
      pki,
      log,
      nowMs,
      onEvent: (node, text) => this.#takeEvent(node, text),
      onPresence: (node, text) => this.#takePresence(node, text),
      onAnswer: () => undefined,
      onFlood: (node) => this.#broker.nodes.pause(node),
    });
    const linking = this.#link.start();
    if (this.#options.form === "unit") linking.catch((error) => this.#failed(error));
    else await linking;
    this.#prune();
    this.#timers = [setInterval(() => this.#look(), LOOK_EVERY_MS), setInterval(() => this.#prune(), PRUNE_EVERY_MS)];
    return { ...at, files };
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#watchers.close();
    this.#nodeWatch.close();
    await this.#looking;
    await this.#files.stop();
    await this.#link?.stop();
    await this.#broker.stop();
    this.#db.close();
  }

  /** Reads the authority's list of nodes again; it is also watched. */
  reload(): Promise<void> {
    this.#files.reload();
    return this.#broker.nodes.reload();
  }

  /** `files`: one that it names is not here. */
  async submit(
    order: OrderOf<"run">,
    signed: SignedOrder,
    batching?: Batching,
  ): Promise<"files" | Awaited<ReturnType<Outbox["submit"]>>> {
    for (const { sha256, bytes } of order.files) {
      const known = this.blobs.use(order.user, sha256) === undefined ? undefined : this.blobs.view(order.user, sha256);
      if (known?.bytes !== bytes) return "files";
    }
    return this.#outbox.submit(order, signed, batching);
  }

  goOn(owner: string, run: string): Promise<boolean> {
    return this.#outbox.goOn(owner, run);
  }

  dryRun(order: OrderOf<"check">, signed: SignedOrder): Promise<readonly DryRunOnNode[] | undefined> {
    return this.#dryRuns.ask(order, signed);
  }

  cancel(order: OrderOf<"cancel">, signed: SignedOrder): ReturnType<Outbox["cancel"]> {
    return this.#outbox.cancel(order, signed);
  }

  run(owner: string, run: string): RunView | undefined {
    const row = this.#db.run(owner, run);
    return row === undefined ? undefined : this.#viewOf(row);
  }

  /** Newest first. */
  runs(owner: string, page: { before: string; limit: number }): readonly RunView[] {
    return this.#db.runs(owner, page).map((row) => this.#viewOf(row));
  }

  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<RunView> {
    return this.#watchers.follow({ owner, run, signal }, () => {
      const view = this.run(owner, run);
      return view === undefined ? undefined : { value: view, isLast: view.isDone };
    });
  }

  /** What nodes reported that belongs to no run, newest first. */
  nodeEvents(limit: number): readonly NodeEventRow[] {
    return this.#db.nodeEvents(limit);
  }

  /** For tests of its end. */
  get brokerPid(): number | undefined {
    return this.#broker.pid;
  }

  /** Nodes with a valid certificate, whether they were ever heard of or not. */
  view(): FleetView {
    const nowMs = this.#options.nowMs();
    const nodes = [...this.#broker.nodes.names].sort().map((node) => {
      const isPresent = this.#table.isPresent(node, nowMs);
      return nodeView(node, this.#table.get(node), { isPresent, isDuplicate: this.#table.isDuplicate(node, nowMs) });
    });
    return { id: this.id, nodes };
  }

  /** What `view` shows, and once a second what has changed; while somebody follows, nodes report each second. */
  watchNodes(signal: AbortSignal): AsyncIterable<string> {
    return this.#nodeWatch.follow(signal);
  }

  isKnown(node: string): boolean {
    return this.#broker.nodes.names.has(node);
  }

  #viewOf({ owner, run, job, argv, via, issued, expires, details }: RunRow): RunView {
    const rows = this.#db.targets(owner, run);
    return {
      run,
      owner,
      job,
      argv: JSON.parse(argv),
      via,
      issuedMs: issued,
      expiresMs: expires,
      isDone: rows.every(({ final }) => final === 1),
      isPaused: rows.some(({ state, why }) => state === "held" && why === PAUSED),
      details: parseRunDetails(JSON.parse(details)),
      nodes: rows.map(({ node, state, why, text, code, signal, by, at }) => {
        return { node, x: executionOf(run, node), state, why, text, code, signal, by, atMs: at };
      }),
    };
  }

  async #takeEvent(node: string, text: string): Promise<EventAnswer> {
    const event = parseFleetEvent(text);
    if (event === undefined) return "-";
    return event.kind === "state" && this.#dryRuns.take(node, event) ? "+" : this.#outbox.take(node, event);
  }

  #takePresence(node: string, text: string): void {
    const presence = parsePresence(text);
    if (presence === undefined) return;
    const { nowMs, wallMs } = this.#options;
    const isBack = this.#table.take(node, presence, { nowMs: nowMs(), wallMs: wallMs() });
    if (isBack) void this.#outbox.resend(node).catch((error) => this.#failed(error));
  }

  #look(): void {
    this.#nodeWatch.tick();
    this.#looking = this.#looking.then(() => this.#outbox.look()).catch((error) => this.#failed(error));
  }

  #prune(): void {
    try {
      this.#db.prune(this.#options.wallMs() - KEEP_RUNS_MS);
      this.blobs.expire((owner, sha256) => this.#db.namesFile({ owner, sha256 }));
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#options.log.event("error", "cannot use the outbox", { error: String(error) });
  }
}

function after(act: () => void, afterMs: number): () => void {
  const timer = setTimeout(act, afterMs);
  return () => clearTimeout(timer);
}
