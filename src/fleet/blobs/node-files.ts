import type { Log } from "../../host/log.ts";
import type { Count, Metrics } from "../../host/metrics.ts";
import type { BrokerAddress } from "../link/connect.ts";
import { BlobStore } from "./blob-store.ts";
import { FileServer } from "./file-server.ts";

interface NodeFilesOptions {
  /** Address where nodes fetch files. */
  readonly listen: BrokerAddress;
  readonly pki: string;
  readonly folder: string;
  /** 0: no limit. */
  readonly bytesPerUser: number;
  /** Whether an open order names a file of its user; with `node`: an order for this one. */
  readonly isNamed: (file: { owner: string; sha256: string; node?: string }) => boolean;
  /** Undefined: no node has this certificate. */
  readonly nodeOf: (uri: string) => string | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wallMs: () => number;
}

/** Users' files for nodes: kept while orders need them, and served only to the nodes of these orders. */
export class NodeFiles {
  readonly blobs: BlobStore;
  readonly #server: FileServer;
  readonly #isNamed: NodeFilesOptions["isNamed"];
  readonly #expired: Count;

  constructor({ listen, pki, folder, bytesPerUser, isNamed, nodeOf, log, metrics, wallMs }: NodeFilesOptions) {
    this.#isNamed = isNamed;
    const refused = metrics.counter(
      "ml_fleet_refused_transfers_total",
      "Users' files that were not taken or given: no room (quota, disk), too many nodes at a time (busy) or connections (crowd), no valid certificate (tls)",
      "reason",
    );
    const onRefused = (why: "quota" | "disk" | "busy" | "tls" | "crowd"): void => refused(why).inc();
    this.#expired = metrics.count("ml_fleet_expired_files_total", "Users' files that nobody had used for a day");
    this.blobs = new BlobStore({ folder, maxBytesPerUser: bytesPerUser, wallMs, onRefused });
    const pathFor = (node: string, blob: { readonly owner: string; readonly sha256: string }) =>
      isNamed({ ...blob, node }) ? this.blobs.use(blob.owner, blob.sha256) : undefined;
    this.#server = new FileServer({ listen, pki, log, nodeOf, pathFor, onRefused });
    metrics.gauge("ml_fleet_file_bytes", "Users' files for nodes, as kept here", () => this.blobs.bytes());
  }

  start(): Promise<BrokerAddress> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Rereads the certificate. */
  reload(): void {
    this.#server.reload();
  }

  /** Removes long unused files. */
  expire(): void {
    this.#expired.inc(this.blobs.expire((owner, sha256) => this.#isNamed({ owner, sha256 })));
  }
}
