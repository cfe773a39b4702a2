import type { Request } from "express";
import type { Viewer } from "../wire/viewer.ts";
import type { RecordRead } from "./admin-reads.ts";

/**
 * Time in which an administrator's reads of one thing are recorded once: a page asks for the same every few seconds.
 */
const RECORD_EVERY_MS = 600_000;
const MAX_RECORDED = 1_000;

/** Records a read of one thing, known by its key, of this owner. */
export type RecordRecentRead = (
  viewer: Viewer,
  request: Request,
  what: { readonly owner: string; readonly key: string },
) => void;

/** @param nowMs Steady. */
export function createRecordRecentRead(recordRead: RecordRead, nowMs: () => number): RecordRecentRead {
  const recordedAtMs = new Map<string, number>();
  return (viewer, request, what) => {
    const key = `${viewer.uid} ${what.key}`;
    const atMs = recordedAtMs.get(key);
    if (atMs !== undefined && nowMs() - atMs < RECORD_EVERY_MS) return;
    if (recordedAtMs.size >= MAX_RECORDED) recordedAtMs.clear();
    recordedAtMs.set(key, nowMs());
    recordRead(viewer, request, [what.owner]);
  };
}
