import { asCount, asRecord, parseJson } from "../wire/record.ts";

/** A relay's report on its forward queue: one frame for the part in memory and one for the part on disk. */
export interface RelayStatus {
  readonly part: "memory" | "disk";
  /** Frames in it now, including those being sent. */
  readonly frames: number;
  /** Most frames in it at once since the relay started. */
  readonly mostFrames: number;
  /** Frames discarded since the relay started because the queue was full. */
  readonly discarded: number;
}

/** Names in rsyslogd's impstats, `format="json"`, for the queue of an action with this name. */
const PARTS: Readonly<Record<string, RelayStatus["part"]>> = {
  "marcologger-forward queue": "memory",
  "marcologger-forward queue[DA]": "disk",
};

/** Parses the text of a RELAY frame. */
export function parseRelayStatus(text: string): RelayStatus | undefined {
  const record = asRecord(parseJson(text));
  const name = record?.["name"];
  const part = typeof name === "string" && Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  const frames = asCount(record?.["size"]);
  const mostFrames = asCount(record?.["maxqsize"]);
  const full = asCount(record?.["discarded.full"]);
  const nearlyFull = asCount(record?.["discarded.nf"]);
  if (part === undefined || frames === undefined || mostFrames === undefined) return undefined;
  if (full === undefined || nearlyFull === undefined) return undefined;
  return { part, frames, mostFrames, discarded: full + nearlyFull };
}
