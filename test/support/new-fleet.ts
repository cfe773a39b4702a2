import { Fleet } from "../../src/fleet/fleet.ts";
import { FleetThread } from "../../src/fleet/thread/fleet-thread.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { SILENT } from "./fleet-broker.ts";
import { ROOT } from "./programs.ts";

type FleetOptions = ConstructorParameters<typeof Fleet>[0];
type ThreadOptions = ConstructorParameters<typeof FleetThread>[0];

const LISTEN = { host: "127.0.0.1", port: 0 };
const WORKER = new URL(`file://${ROOT}/dist/src/fleet/thread/worker.js`);

/** Options that a test need not set: free ports of loopback, and no limits of users' files. */
function usual() {
  return {
    ...{ listen: LISTEN, listenForFiles: LISTEN, fileBytesPerUser: 0 },
    ...{ log: SILENT, metrics: createMetrics(), audit: { record: () => undefined } },
  };
}

/** The collector's side of a fleet, not yet started, in the test's own thread. */
export function newFleet(options: Pick<FleetOptions, "pki" | "dataDir"> & Partial<FleetOptions>): Fleet {
  return new Fleet({ ...usual(), nowMs: Date.now, wallMs: Date.now, ...options });
}

/** The same in a thread of its own, as the collector has it. */
export function newFleetThread(options: Pick<ThreadOptions, "pki" | "dataDir"> & Partial<ThreadOptions>): FleetThread {
  const onLost = (error: Error) => {
    throw error;
  };
  return new FleetThread({ ...usual(), file: WORKER, onLost, ...options });
}
