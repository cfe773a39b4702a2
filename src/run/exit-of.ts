import type { Exit } from "../wire/end.ts";
import type { BeginFields } from "./begin-fields.ts";
import { parseStatus, RECORD } from "./output/records.ts";
import { readStopFile } from "./stop-file.ts";

/**
 * How a command ended, for END and for a beat.
 *
 * @param status The command's wait status, as the launcher gives it (`src/launcher/notes.h`).
 * @param endedAt RFC 3339.
 */
export function exitOf(begin: BeginFields | undefined, status: number, endedAt: string): Exit {
  const timeoutMs = status >= RECORD.timedOut ? begin?.timeoutMs : undefined;
  const stoppedBy = begin?.stopFile === undefined ? undefined : readStopFile(begin.stopFile);
  return {
    ...parseStatus(status),
    endedAt,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
  };
}
