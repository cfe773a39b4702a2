import type { AuditLog } from "../host/audit.ts";
import { shareAuditFolder } from "../host/audit-folder.ts";
import type { Part } from "../host/lifecycle.ts";
import type { Log } from "../host/log.ts";

/** Starts first and stops last, so that it records events of the other parts. */
export function auditPart(options: { audit: AuditLog; folder: string; group: string | undefined; log: Log }): Part {
  const { audit, folder, group, log } = options;
  return {
    name: "audit",
    start: async (signal) => {
      audit.record({ event: "collector", outcome: "ok", action: "start" });
      await shareAuditFolder({ folder, group, log, signal });
    },
    reload: () => audit.reopen(),
    stop: () => {
      audit.record({ event: "collector", outcome: "ok", action: "stop" });
      return audit.stop();
    },
  };
}
