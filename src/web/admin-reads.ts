import type { Request } from "express";
import type { Audit } from "../host/audit.ts";
import type { Viewer } from "../wire/viewer.ts";

export type RecordRead = (viewer: Viewer, request: Request, owners: readonly string[] | "all") => void;

/** Records that somebody reads others' executions: an administrator, or a user with whom they are shared. */
export function createRecordRead(audit: Audit): RecordRead {
  return ({ user, admin }, request, owners) => {
    const owner = owners === "all" ? owners : [...new Set(owners)].filter((each) => each !== user);
    // A search of everything that a user may see names nobody.
    if (owner.length === 0 || (owner === "all" && !admin)) return;
    const target = `${request.method} ${request.originalUrl}`;
    audit.record({
      event: admin ? "admin-read" : "shared-read",
      outcome: "ok",
      user,
      address: request.ip,
      owner,
      target,
    });
  };
}
