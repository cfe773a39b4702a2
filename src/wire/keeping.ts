import type { ExecutionName } from "./api.ts";
import { parseExecutionId } from "./ids.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import { flag, Problem, parsedBody, type WrongBody } from "./request-members.ts";
import { parseRunId, RUN_ID_RULE } from "./run-id.ts";

/** Scope of a hold: one execution, a job, or one run of it. */
export type KeptScope =
  | ExecutionName
  | { readonly job: string; readonly run?: string | undefined; readonly owner?: string | undefined };

/** Body of `POST /api/holds` and `POST /api/holds/release`. */
export interface HoldRequest {
  readonly what: KeptScope;
  /** An administrator's hold, which the owner cannot lift. */
  readonly admin: boolean;
}

/** One hold: an execution (`x`, `node`), or a job or a run of it with all future executions. */
export interface Hold {
  readonly owner: string;
  readonly by: "owner" | "admin";
  /** Who placed it. */
  readonly user: string;
  /** RFC 3339, UTC, microseconds. */
  readonly since: string;
  readonly x?: string;
  readonly node?: string;
  readonly job?: string;
  readonly run?: string;
}

/** Body of `POST /api/prune`: ended executions of one owner, except held ones. */
export interface PruneRequest {
  /** Age since their end. */
  readonly olderThanMs: number;
  readonly job?: string | undefined;
  readonly run?: string | undefined;
  readonly owner?: string | undefined;
  /** Lists them without deleting. */
  readonly dryRun: boolean;
}

/** Lines of JSON in the answer to `POST /api/prune`; `end` is always the last. */
export type PruneEvent =
  | {
      readonly t: "gone";
      readonly x: string;
      readonly node: string;
      readonly owner: string;
      readonly job: string;
      readonly startedAt: string;
      readonly bytes: number;
    }
  | {
      readonly t: "end";
      readonly executions: number;
      readonly bytes: number;
      /** Old enough, but held or in use. */
      readonly held: number;
      readonly busy: number;
      /** Deletions that the disk refused. */
      readonly failed: number;
    };

export const USAGE_KEYS = ["user", "job", "day"] as const;

/** Disk space of the executions of one user, job or start day. */
export interface Usage {
  readonly owner: string;
  /** The job or the day; empty for a user. */
  readonly name: string;
  readonly executions: number;
  readonly bytes: number;
  /** Held bytes among them. */
  readonly heldBytes: number;
}

/** Limits of a user's share of the disk, sent with the sums in `GET /api/usage`. */
export interface UsageLimits {
  /** Lines beyond this are not stored. */
  readonly bytesPerUser: number;
  /** The part of it that holds may keep. */
  readonly heldBytesPerUser: number;
  /** Until the disk is full if it fills as in the last day; null: it does not fill, or it is too early to say. */
  readonly diskFullSeconds: number | null;
}

export function parseUsageLimits(value: unknown): UsageLimits | undefined {
  const record = asRecord(value) ?? {};
  const { bytesPerUser, heldBytesPerUser, diskFullSeconds } = record;
  if (typeof bytesPerUser !== "number" || typeof heldBytesPerUser !== "number") return undefined;
  return {
    bytesPerUser,
    heldBytesPerUser,
    diskFullSeconds: typeof diskFullSeconds === "number" ? diskFullSeconds : null,
  };
}

const MAX_AGE_MS = 100 * 365 * 86_400_000;

export function parseHoldRequest(value: unknown): HoldRequest | WrongBody {
  return parsedBody(value, '{"what": {"x": "01..."}}', (body) => ({
    what: scopeOf(body["what"]),
    admin: flag(body, "admin"),
  }));
}

export function parsePruneRequest(value: unknown): PruneRequest | WrongBody {
  return parsedBody(value, '{"olderThanMs": 2592000000, "dryRun": true}', (body) => {
    const olderThanMs = asCount(body["olderThanMs"]);
    if (olderThanMs === undefined || olderThanMs > MAX_AGE_MS)
      throw new Problem("age", { name: "olderThanMs", most: MAX_AGE_MS });
    const job = text(body, "job", WIRE_LIMITS.maxJobCharacters);
    const run = runOf(body);
    if (run !== undefined && job === undefined) throw new Problem("run-of-job");
    return {
      olderThanMs,
      job,
      run,
      owner: text(body, "owner", WIRE_LIMITS.maxOwnerCharacters),
      dryRun: flag(body, "dryRun"),
    };
  });
}

export function parseHold(value: unknown): Hold | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { owner, by, user, since, node, job } = record;
  const [x, run] = [parseExecutionId(record["x"]), parseRunId(record["run"])];
  if (typeof owner !== "string" || (by !== "owner" && by !== "admin")) return undefined;
  if (typeof user !== "string" || typeof since !== "string") return undefined;
  const of = { owner, by, user, since } as const;
  if (x !== undefined) return typeof node === "string" ? { ...of, x, node } : undefined;
  if (typeof job !== "string") return undefined;
  return run === undefined ? { ...of, job } : { ...of, job, run };
}

export function parsePruneEvent(value: unknown): PruneEvent | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const bytes = asCount(record["bytes"]);
  if (bytes === undefined) return undefined;
  if (record["t"] === "end") {
    const [executions, held] = [asCount(record["executions"]), asCount(record["held"])];
    const [busy, failed] = [asCount(record["busy"]), asCount(record["failed"])];
    if (executions === undefined || held === undefined || busy === undefined || failed === undefined) return undefined;
    return { t: "end", executions, bytes, held, busy, failed };
  }
  const { x, node, owner, job, startedAt } = record;
  if (record["t"] !== "gone" || typeof x !== "string" || typeof node !== "string") return undefined;
  if (typeof owner !== "string" || typeof job !== "string" || typeof startedAt !== "string") return undefined;
  return { t: "gone", x, node, owner, job, startedAt, bytes };
}

export function parseUsage(value: unknown): Usage | undefined {
  const record = asRecord(value);
  const { owner, name } = record ?? {};
  const [executions, bytes] = [asCount(record?.["executions"]), asCount(record?.["bytes"])];
  const heldBytes = asCount(record?.["heldBytes"]);
  if (typeof owner !== "string" || typeof name !== "string") return undefined;
  if (executions === undefined || bytes === undefined || heldBytes === undefined) return undefined;
  return { owner, name, executions, bytes, heldBytes };
}

function scopeOf(value: unknown): KeptScope {
  const record = asRecord(value) ?? {};
  const owner = text(record, "owner", WIRE_LIMITS.maxOwnerCharacters);
  const x = parseExecutionId(record["x"]);
  if (x !== undefined) return { x, node: text(record, "node", WIRE_LIMITS.maxNodeCharacters), owner };
  const job = text(record, "job", WIRE_LIMITS.maxJobCharacters);
  if (record["x"] !== undefined || job === undefined) throw new Problem("kept-scope");
  return { job, run: runOf(record), owner };
}

function runOf(record: UnknownRecord): string | undefined {
  if (record["run"] === undefined) return undefined;
  const run = parseRunId(record["run"]);
  if (run === undefined) throw new Problem("run-id", { expected: RUN_ID_RULE });
  return run;
}

/** Unlike in a search, an empty name is no omitted one: it would delete the executions of all jobs. */
function text(record: UnknownRecord, name: string, maxCharacters: number): string | undefined {
  const value = record[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "" || value.length > maxCharacters)
    throw new Problem("text-of", { name, limit: maxCharacters });
  return value;
}
