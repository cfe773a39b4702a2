import { asRecord } from "./record.ts";

/** One of `GET /api/sessions`: a browser in which the user is signed in. */
export interface SessionSummary {
  readonly id: string;
  /** As the browser names itself; empty if not known. */
  readonly agent: string;
  readonly address: string;
  /** By a link that is valid once, instead of a password. */
  readonly isByCode: boolean;
  /** RFC 3339, UTC, microseconds; `usedAt` to a minute. */
  readonly createdAt: string;
  readonly usedAt: string;
  /** The one that asks. */
  readonly isThis: boolean;
}

/** Parses the answer; skips sessions that do not parse. */
export function parseSessionList(value: unknown): readonly SessionSummary[] | undefined {
  const sessions = asRecord(value)?.["sessions"];
  return Array.isArray(sessions) ? sessions.flatMap((each: unknown) => parseSummary(each) ?? []) : undefined;
}

function parseSummary(value: unknown): SessionSummary | undefined {
  const { id, agent, address, isByCode, createdAt, usedAt, isThis } = asRecord(value) ?? {};
  if (typeof id !== "string" || typeof agent !== "string" || typeof address !== "string") return undefined;
  if (typeof createdAt !== "string" || typeof usedAt !== "string") return undefined;
  return { id, agent, address, isByCode: isByCode === true, createdAt, usedAt, isThis: isThis === true };
}
