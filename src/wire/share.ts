import { parseExecutionId } from "./ids.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { asRecord, type UnknownRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";
import { parseTime } from "./time.ts";
import { isUnixName } from "./unix-name.ts";

/** What its owner shares: an execution, all executions of a job, those that come later too, or one run of it. */
export type SharedThing =
  | { readonly x: string; readonly node?: string | undefined }
  | { readonly job: string; readonly run?: string | undefined };

/** A user or a group of the collector's machine. */
export type SharedWith = { readonly user: string } | { readonly group: string };

/** Body of `POST /api/shares`. */
export interface ShareRequest {
  readonly what: SharedThing;
  readonly with: SharedWith;
  /** RFC 3339, UTC, microseconds; undefined: until it is taken back. */
  readonly until: string | undefined;
}

/** A share in effect. */
export interface Share {
  readonly id: string;
  readonly owner: string;
  readonly what: SharedThing;
  readonly with: SharedWith;
  /** RFC 3339, UTC, microseconds; null: until it is taken back. */
  readonly until: string | null;
  readonly since: string;
}

/** `GET /api/shares`: what the viewer shares, and what others share with the viewer. */
export interface ShareList {
  readonly shares: readonly Share[];
  readonly withMe: readonly Share[];
}

/** Parses a request. `problem` is for the user. */
export function parseShareRequest(value: unknown): ShareRequest | { readonly problem: string } {
  const body = asRecord(value);
  const what = parseThing(body?.["what"]);
  if (what === undefined)
    return { problem: "what: expected an execution's x and node, or a job, with a run if wanted" };
  const withWhom = parseWith(body?.["with"]);
  if (withWhom === undefined) return { problem: "with: expected the name of a user or of a group" };
  const asked = body?.["until"] ?? undefined;
  const until = parseTime(asked);
  if (asked !== undefined && until === undefined) return { problem: "until: expected a time in UTC, as in lines" };
  return { what, with: withWhom, until };
}

/** Parses a share from the wire. */
export function parseShare(value: unknown): Share | undefined {
  const record = asRecord(value);
  const { id, owner, until, since } = record ?? {};
  const [what, withWhom] = [parseThing(record?.["what"]), parseWith(record?.["with"])];
  if (typeof id !== "string" || typeof owner !== "string" || typeof since !== "string") return undefined;
  if (what === undefined || withWhom === undefined || (typeof until !== "string" && until !== null)) return undefined;
  return { id, owner, what, with: withWhom, until, since };
}

/** Parses a list; skips shares that do not parse. */
export function parseShareList(value: unknown): ShareList | undefined {
  const { shares, withMe } = asRecord(value) ?? {};
  if (!Array.isArray(shares) || !Array.isArray(withMe)) return undefined;
  return {
    shares: shares.flatMap((each: unknown) => parseShare(each) ?? []),
    withMe: withMe.flatMap((each: unknown) => parseShare(each) ?? []),
  };
}

function parseThing(value: unknown): SharedThing | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  return record["job"] === undefined ? parseExecutionThing(record) : parseJobThing(record);
}

function parseExecutionThing({ x: id, node }: UnknownRecord): SharedThing | undefined {
  const x = parseExecutionId(id);
  if (x === undefined || (node !== undefined && typeof node !== "string")) return undefined;
  if (node !== undefined && node.length > WIRE_LIMITS.maxNodeCharacters) return undefined;
  return { x, ...(node === undefined ? {} : { node }) };
}

function parseJobThing({ job, run: id }: UnknownRecord): SharedThing | undefined {
  const run = parseRunId(id);
  if (typeof job !== "string" || job === "" || job.length > WIRE_LIMITS.maxJobCharacters) return undefined;
  if (id !== undefined && run === undefined) return undefined;
  return { job, ...(run === undefined ? {} : { run }) };
}

function parseWith(value: unknown): SharedWith | undefined {
  const { user, group } = asRecord(value) ?? {};
  if (typeof user === "string" && isUnixName(user) && group === undefined) return { user };
  return typeof group === "string" && isUnixName(group) && user === undefined ? { group } : undefined;
}
