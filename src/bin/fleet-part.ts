import type { FleetThread } from "../fleet/thread/fleet-thread.ts";
import type { Part } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";

/** The fleet's thread: the broker, if it is a child, and the outbox. Starts before the web, which takes orders for it. */
export function fleetPart(fleet: FleetThread, log: Log): Part {
  return {
    name: "fleet",
    start: async () => {
      const { host, port, files } = await fleet.start();
      log.event("info", "listening for agents", { host, port });
      log.event("info", "listening for nodes that fetch files", { host: files.host, port: files.port });
    },
    reload: () => fleet.reload(),
    stop: () => fleet.stop(),
  };
}
