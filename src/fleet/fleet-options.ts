import type { Audit } from "../host/audit.ts";
import type { Log } from "../host/log.ts";
import type { Metrics } from "../host/metrics.ts";
import type { BrokerForm } from "./broker/broker.ts";
import type { BrokerAddress } from "./link/connect.ts";

export interface FleetOptions {
  /** Where nodes reach the broker. */
  readonly listen: BrokerAddress;
  /** Whether the broker is a child of this process, or a unit that something else starts. */
  readonly form?: BrokerForm;
  /** Where nodes fetch users' files. */
  readonly listenForFiles: BrokerAddress;
  /** Limit of one user's files; 0: none. */
  readonly fileBytesPerUser: number;
  readonly pki: string;
  /** Folder of the outbox and the broker's configuration. */
  readonly dataDir: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Records refusals of nodes; the API records its own. */
  readonly audit: Audit;
  /** Called when the set of nodes with a valid certificate changes. */
  readonly onNodes?: (names: ReadonlySet<string>) => void;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}
