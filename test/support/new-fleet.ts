import { Fleet } from "../../src/fleet/fleet.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { SILENT } from "./fleet-broker.ts";

type FleetOptions = ConstructorParameters<typeof Fleet>[0];

/** The collector's side of a fleet, not yet started, on free ports of loopback, and without limits of users' files. */
export function newFleet(options: Pick<FleetOptions, "pki" | "dataDir"> & Partial<FleetOptions>): Fleet {
  const listen = { host: "127.0.0.1", port: 0 };
  return new Fleet({
    ...{ listen, listenForFiles: listen, fileBytesPerUser: 0 },
    ...{ log: SILENT, metrics: createMetrics(), audit: { record: () => undefined } },
    ...{ nowMs: Date.now, wallMs: Date.now },
    ...options,
  });
}
