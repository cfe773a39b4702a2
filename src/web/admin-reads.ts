import type { Request } from "express";
import type { Audit } from "../host/audit.ts";
import type { Viewer } from "../wire/viewer.ts";

export type RecordRead = (viewer: Viewer, request: Request, owners: readonly string[] | "all") => void;

/** Records that an administrator reads executions of these owners, unless all are their own. */
export function createRecordRead(audit: Audit): RecordRead {
  return ({ user, admin }, request, owners) => {
    const owner = owners === "all" ? owners : [...new Set(owners)].filter((each) => each !== user);
    if (!admin || owner.length === 0) return;
    const target = `${request.method} ${request.originalUrl}`;
    audit.record({ event: "admin-read", outcome: "ok", user, address: request.ip, owner, target });
  };
}
