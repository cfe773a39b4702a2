import { asRecord, parseJson } from "../record.ts";
import { type Check, is, isMatch, isText } from "./checks.ts";
import { FLEET_LIMITS } from "./limits.ts";

export const NOTE_SEVERITIES = ["info", "warning", "error"] as const;
export type NoteSeverity = (typeof NOTE_SEVERITIES)[number];

export const isNoteSeverity: Check<NoteSeverity> = is(...NOTE_SEVERITIES);
/** Where users of a node leave events, if agent.toml does not say otherwise. */
export const EVENTS_FOLDER = "/var/spool/marcologger-events";

/** One word, like `disk` or `backup.weekly`. */
export const isNoteName: Check<string> = isMatch(/^[A-Za-z0-9][\w.:/-]{0,63}$/);
export const isNoteText: Check<string> = isText(FLEET_LIMITS.maxTextCharacters);

/** What `mlctl event` leaves in the node's folder. Its user and time are the file's, by the kernel. */
export interface NodeNote {
  readonly severity: NoteSeverity;
  readonly name: string;
  readonly text: string;
}

/** Of a file's bytes: 500 characters of up to 6 octets each in JSON, and its names. */
export const MAX_NOTE_BYTES = 4_096;

export function parseNodeNote(json: string): NodeNote | undefined {
  const { severity, name, text } = asRecord(parseJson(json)) ?? {};
  if (!isNoteSeverity(severity) || !isNoteName(name) || !isNoteText(text)) return undefined;
  return { severity, name, text };
}
