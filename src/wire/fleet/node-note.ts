import { asRecord, parseJson } from "../record.ts";
import { type Check, is, isMatch, isText } from "./checks.ts";
import { FLEET_LIMITS } from "./limits.ts";

export const NOTE_SEVERITIES = ["info", "warning", "error"] as const;
export type NoteSeverity = (typeof NOTE_SEVERITIES)[number];

export const isNoteSeverity: Check<NoteSeverity> = is(...NOTE_SEVERITIES);
/** Default folder for users' events on a node. */
export const EVENTS_FOLDER = "/var/spool/marcologger-events";

/** One word, like `disk` or `backup.weekly`. */
export const isNoteName: Check<string> = isMatch(/^[A-Za-z0-9][\w.:/-]{0,63}$/);
export const isNoteText: Check<string> = isText(FLEET_LIMITS.maxTextCharacters);

/** A file of `mlctl event` in that folder. Its user and time are the file's owner and ctime, which the kernel sets. */
export interface NodeNote {
  readonly severity: NoteSeverity;
  readonly name: string;
  readonly text: string;
}

/** Longest such file: 500 characters of up to 6 octets each in JSON, plus the names. */
export const MAX_NOTE_BYTES = 4_096;

export function parseNodeNote(json: string): NodeNote | undefined {
  const { severity, name, text } = asRecord(parseJson(json)) ?? {};
  if (!isNoteSeverity(severity) || !isNoteName(name) || !isNoteText(text)) return undefined;
  return { severity, name, text };
}
