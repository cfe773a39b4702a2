import type { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { after } from "../host/after.ts";
import { proofOf } from "../orders/answer-proof.ts";
import { readAuthority } from "../orders/authority.ts";
import { parseFleetEvent } from "../wire/fleet/event.ts";
import type { NodeEvent } from "../wire/fleet/node-event.ts";
import type { FleetView } from "../wire/fleet/node-view.ts";
import type { OrderOf } from "../wire/fleet/order.ts";
import type { RunView } from "../wire/fleet/run-view.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import { Asking } from "./asking.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import { NodeFiles } from "./blobs/node-files.ts";
import { Broker } from "./broker/broker.ts";
import type { Calls } from "./calls/calls.ts";
import type { DryRuns } from "./dry-runs/dry-runs.ts";
import { FleetNodes } from "./fleet-nodes.ts";
import type { FleetOptions } from "./fleet-options.ts";
import type { BrokerAddress } from "./link/connect.ts";
import { type Answered, Link } from "./link/link.ts";
import { inJson } from "./outbox/in-json.ts";
import type { Batching } from "./outbox/order-book.ts";
import { Outbox } from "./outbox/outbox.ts";
import { OutboxDb } from "./outbox/outbox-db.ts";
import { type RunsPage, RunViews } from "./outbox/run-views.ts";
import { outboxPorts } from "./outbox-ports.ts";
import type { Questions } from "./questions/questions.ts";

const LOOK_EVERY_MS = 1_000;
const EXPIRE_EVERY_MS = 3_600_000;
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
  readonly #authority: X509Certificate;
  readonly #options: FleetOptions;
  readonly #broker: Broker;
  readonly #db: OutboxDb;
  readonly #views: RunViews;
  readonly #nodes: FleetNodes;
  readonly #files: NodeFiles;
  readonly #outbox: Outbox;
  readonly #asking: Asking;
  #link: Link | undefined;
  #timers: NodeJS.Timeout[] = [];
  #looking: Promise<void> = Promise.resolve();
  readonly commandsOf: RunViews["commandsOf"] = (service) => this.#views.commandsOf(service);

  constructor(options: FleetOptions) {
    this.#options = options;
    const { listen, form = "child", pki, dataDir, log, metrics, nowMs, wallMs } = options;
    const { fleet, certificate } = readAuthority(pki);
    this.id = fleet;
    this.#authority = certificate;
    const folder = join(dataDir, "fleet");
    this.#broker = new Broker({ listen, form, pki, folder, log, metrics, wallMs, onNodes: options.onNodes });
    this.#db = new OutboxDb(join(dataDir, "outbox.db"));
    this.#views = new RunViews({ db: this.#db, after });
    const link = () => this.#link;
    const nodes = new FleetNodes({ id: this.id, broker: this.#broker, link, log, metrics, nowMs, wallMs });
    this.#nodes = nodes;
    this.#asking = new Asking({ nodes, admitted: () => this.#broker.nodes.names, link, metrics });
    this.#outbox = new Outbox({
      db: this.#db,
      nodes,
      log,
      nowMs,
      wallMs,
      onChange: ({ owner, run }) => this.#views.changed(owner, run),
      onRefused: ({ why: reason, ...of }) =>
        options.audit.record({ event: "order", outcome: "refused", reason, ...of }),
      ...outboxPorts(options),
    });
    this.#files = new NodeFiles({
      listen: options.listenForFiles,
      pki,
      folder: join(dataDir, "fleet-files"),
      bytesPerUser: options.fileBytesPerUser,
      isNamed: (file) => this.#db.namesFile(file),
      nodeOf: (uri) => this.#broker.nodes.nodeOf(uri),
      log,
      metrics,
      wallMs,
    });
    metrics.gauges("ml_fleet_orders", "Runs on nodes by state", { label: "state", read: () => this.#db.kept.states });
  }

  /** Resolves with the addresses of the broker and of the file server. A broker that is a unit may start later. */
  async start(): Promise<BrokerAddress & { readonly files: BrokerAddress }> {
    const { pki, log, metrics, nowMs, wallMs } = this.#options;
    const at = await this.#broker.start();
    const files = await this.#files.start();
    this.#link = new Link({
      at,
      pki,
      log,
      metrics,
      nowMs,
      wallMs,
      authority: this.#authority,
      isAdmitted: (node) => this.isKnown(node),
      nodeOf: (uri) => this.#broker.nodes.nodeOf(uri),
      onEvent: (node, text) => this.#takeEvent(node, text),
      onPresence: (node, text) => this.#takePresence(node, text),
      onAnswer: (node, run, text) => this.#asking.questions.take(node, run, text),
      onFlood: (node) => this.#broker.nodes.pause(node),
      onUnsigned: (node) => this.#nodes.refuse(node),
    });
    const linking = this.#link.start();
    if (this.#options.form === "unit") linking.catch((error) => this.#failed(error));
    else await linking;
    const expire = () => {
      try {
        this.#files.expire();
      } catch (error) {
        this.#failed(error);
      }
    };
    expire();
    this.#timers = [setInterval(() => this.#look(), LOOK_EVERY_MS), setInterval(expire, EXPIRE_EVERY_MS)];
    return { ...at, files };
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#views.close();
    this.#nodes.close();
    await this.#looking;
    await this.#files.stop();
    await this.#link?.stop();
    await this.#broker.stop();
    this.#db.close();
  }

  /** Rereads the authority's list of nodes, which is also watched. */
  reload(): Promise<void> {
    this.#files.reload();
    return this.#broker.nodes.reload();
  }

  /** `signed` holds the order's parts. `files`: the order names a file that is not stored. */
  async submit(
    order: OrderOf<"run">,
    signed: readonly SignedOrder[],
    batching?: Batching,
  ): Promise<"files" | Awaited<ReturnType<Outbox["submit"]>>> {
    if (!order.files.every(({ sha256, bytes }) => this.#files.blobs.has(order.user, { sha256, bytes }))) return "files";
    return this.#outbox.submit(order, signed, batching);
  }

  /** Users' files for nodes. */
  get blobs(): BlobStore {
    return this.#files.blobs;
  }

  goOn(...of: Parameters<Outbox["goOn"]>): ReturnType<Outbox["goOn"]> {
    return this.#outbox.goOn(...of);
  }

  dryRun(...asked: Parameters<DryRuns["ask"]>): ReturnType<DryRuns["ask"]> {
    return this.#asking.dryRuns.ask(...asked);
  }

  ask(...asked: Parameters<Questions["ask"]>): ReturnType<Questions["ask"]> {
    return this.#asking.questions.ask(...asked);
  }

  call(...asked: Parameters<Calls["call"]>): ReturnType<Calls["call"]> {
    return this.#asking.calls.call(...asked);
  }

  cancel(order: OrderOf<"cancel">, signed: readonly SignedOrder[]): ReturnType<Outbox["cancel"]> {
    return this.#outbox.cancel(order, signed);
  }

  run(owner: string, run: string): Promise<RunView | undefined> {
    return this.#views.one(owner, run);
  }

  /** Newest first. */
  runs(owner: string, page: { before: string; limit: number }): Promise<RunsPage> {
    return this.#views.page(owner, page);
  }

  /** Views of a run as JSON. */
  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<string> {
    return inJson(this.#views.follow(owner, run, signal));
  }

  /** Nodes' reports outside of runs, newest first; with `user`, only that user's. */
  nodeEvents(limit: number, user?: string): readonly NodeEvent[] {
    return this.#db.notices.newest(limit, user);
  }

  /** For tests of its end. */
  get brokerPid(): number | undefined {
    return this.#broker.pid;
  }

  /** Nodes with a valid certificate, whether they were ever heard of or not. */
  view(): FleetView {
    return this.#nodes.view();
  }

  /** Yields the whole view, then changes once a second. While anybody follows, nodes report each second. */
  watchNodes(signal: AbortSignal): AsyncIterable<string> {
    return this.#nodes.follow(signal);
  }

  isKnown(node: string): boolean {
    return this.#nodes.isAdmitted(node);
  }

  async #takeEvent(node: string, text: string): Promise<Answered | undefined> {
    const event = parseFleetEvent(text);
    if (event === undefined) return { answer: "-" };
    const answer = this.#asking.take(node, event) ? "+" : await this.#outbox.take(node, event);
    if (answer === undefined || event.kind !== "journal") return answer && { answer };
    // Signed, because the broker could otherwise confirm an old journal.
    return { answer, proof: proofOf({ node, event: text, answer }, this.#options.pki) };
  }

  #takePresence(node: string, text: string): void {
    const isBack = this.#nodes.take(node, text);
    if (isBack) void this.#outbox.resend(node).catch((error) => this.#failed(error));
  }

  #look(): void {
    this.#nodes.tick();
    this.#looking = this.#outbox
      .look()
      .then(() => this.#outbox.prune(this.#options.wallMs() - KEEP_RUNS_MS))
      .catch((error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    this.#options.log.event("error", "cannot use the outbox", { error: String(error) });
  }
}
