import { asCount, asRecord, parseJson } from "../wire/record.ts";

/** What a relay says of its forward queue, one frame for the part in memory and one for the part on disk. */
export interface RelayStatus {
  readonly part: "memory" | "disk";
  /** Frames in it now, those that are being sent among them. */
  readonly frames: number;
  /** Frames in it at most since the relay's start. */
  readonly mostFrames: number;
  /** Frames thrown away since the relay's start because there was no room. */
  readonly discarded: number;
}

/** rsyslogd's impstats, `format="json"`, of a queue whose action has this name. */
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
