import { parseLabels } from "./begin.ts";
import { type Discard, parseDiscards, type RefusedExecutions } from "./discard.ts";
import { parseExecutionId } from "./ids.ts";
import { type Launch, parseLaunch } from "./launch.ts";
import { asCount, asRecord, type UnknownRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";
import type { StateCounts } from "./runs.ts";
import type { StreamName } from "./stream-name.ts";
import { isUnixName } from "./unix-name.ts";

/** `finished`: exit 0; `failed`: another code or a signal; `lost`: nothing heard for 30 s. */
export type ExecutionState = "running" | "finished" | "failed" | "lost";
/** Whether everything that the command printed is stored. */
export type Delivery = "receiving" | "complete" | "incomplete";

/** An inclusive range of line numbers. */
export type LineRange = readonly [from: number, to: number];

/**
 * Names an existing execution. Without a node: its owner's newest. Administrators name the owner where several users
 * have this id.
 */
export interface ExecutionName {
  readonly x: string;
  readonly node?: string | undefined;
  readonly owner?: string | undefined;
}

/** One execution as `/api/executions` and `/live` show it to its owner. */
export interface Execution extends Pick<Launch, "parent" | "within"> {
  readonly x: string;
  readonly job: string;
  /** The launch of the job that it belongs to: unique among those of its owner's job. */
  readonly run: string;
  readonly node: string;
  readonly owner: string;
  /** File name of `argv[0]`. */
  readonly command: string;
  readonly argv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly state: ExecutionState;
  readonly delivery: Delivery;
  readonly code: number | null;
  readonly signal: string | null;
  /** RFC 3339, UTC, microseconds. */
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Stored lines and fragments. */
  readonly lines: number;
  /** Bytes as printed, of the stored lines. */
  readonly bytes: number;
  /** Highest n known, stored or not: the position of the newest line. 0 before the first. */
  readonly lastN: number;
  /** Ranges of n below `lastN` that are not stored; at most `WIRE_LIMITS.maxMissingRanges`, oldest first. */
  readonly missing: readonly LineRange[];
  /** Ranges of `missing` that arrived but were not stored, with the reason. Omitted if there are none. */
  readonly discarded?: readonly Discard[];
  /** Silent but computing: its output may be in its own buffer. Omitted if not. */
  readonly mayBuffer?: true;
  /** Bytes of redraws that mlrun thinned out, and bytes it had to drop, from END; 0 before. */
  readonly thinned: number;
  readonly dropped: number;
  /** The user's name on the node, if the collector has another name for the uid. Omitted otherwise. */
  readonly claimedUser?: string;
  /**
   * How far the node's clock is behind the collector's, milliseconds; negative if it is ahead. Omitted if not known, or
   * too small to distinguish from the delay of a line.
   */
  readonly clockMs?: number;
  /** The time limit that ended the command. Omitted if none did. */
  readonly timeoutMs?: number;
  /** The user who stopped a dispatched command. Omitted if nobody did. */
  readonly stoppedBy?: string;
}

/** A page of `GET /api/executions`, newest first. `next` is `before=` of the following page. */
export interface ExecutionPage {
  readonly executions: readonly Execution[];
  readonly next: string | null;
  /** The viewer's own refused executions of the last minutes, which no page lists. Omitted if there are none. */
  readonly refused?: RefusedExecutions;
}

/** One line of `GET /api/executions/:x/lines`: `text` if it is UTF-8, else `b64`. */
export interface Line {
  readonly n: number;
  /** RFC 3339, UTC, microseconds. */
  readonly time: string;
  readonly stream: StreamName;
  readonly text?: string;
  readonly b64?: string;
  /** The line continues in the next piece of the same stream. */
  readonly fragment: boolean;
}

/** A page of lines. `next` is the n to ask for next; null when nothing above is stored yet. */
export interface LinePage {
  readonly lines: readonly Line[];
  readonly next: number | null;
}

export interface JobSummary extends StateCounts {
  readonly job: string;
  readonly owner: string;
  readonly runs: number;
  readonly startedAt: string;
}

/** Body of a 401 to `POST /api/login` when PAM asks for more; the client posts the reply there again, with `step`. */
export interface AskedMore {
  /** `second_step`; the message is PAM's prompt. */
  readonly error: { readonly code: string; readonly message: string };
  readonly step: string;
  /** Whether the typed reply may be visible. */
  readonly isEcho: boolean;
}

/** The answer to a login if the web can sign orders: the page sends the ticket with each order. */
export interface LoggedIn {
  readonly ticket: string;
}

/** The signed-in user, `GET /api/me`. */
export interface Me {
  readonly user: string;
  readonly admin: boolean;
  /** The collector has a fleet. Omitted if not. */
  readonly fleet?: true;
}

export const EXECUTION_STATES: readonly ExecutionState[] = ["running", "finished", "failed", "lost"];
const DELIVERIES: readonly string[] = ["receiving", "complete", "incomplete"] satisfies Delivery[];

export function parseState(value: unknown): ExecutionState | undefined {
  return EXECUTION_STATES.find((state) => state === value);
}

function parseDelivery(value: unknown): Delivery | undefined {
  return typeof value === "string" && DELIVERIES.includes(value) ? (value as Delivery) : undefined;
}

/** Parses an execution from the wire. Undefined if a member is missing or has another type. */
export function parseExecution(value: unknown): Execution | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { job, node, owner, command, argv, code, signal, startedAt, endedAt } = record;
  const x = parseExecutionId(record["x"]);
  const labels = parseLabels(record["labels"]);
  const state = parseState(record["state"]);
  const delivery = parseDelivery(record["delivery"]);
  const [lines, bytes, lastN] = [asCount(record["lines"]), asCount(record["bytes"]), asCount(record["lastN"])];
  const [thinned, dropped] = [asCount(record["thinned"]), asCount(record["dropped"])];
  const missing = parseRanges(record["missing"]);
  const discarded = parseDiscards(record["discarded"]);
  if (x === undefined || labels === undefined || state === undefined || delivery === undefined) return undefined;
  if (lines === undefined || bytes === undefined || lastN === undefined || missing === undefined) return undefined;
  if (thinned === undefined || dropped === undefined || discarded === undefined) return undefined;
  if (typeof job !== "string" || typeof node !== "string" || typeof owner !== "string") return undefined;
  if (typeof command !== "string" || !Array.isArray(argv) || typeof startedAt !== "string") return undefined;
  if (code !== null && typeof code !== "number") return undefined;
  if (signal !== null && typeof signal !== "string") return undefined;
  if (endedAt !== null && typeof endedAt !== "string") return undefined;
  const words = argv.filter((word): word is string => typeof word === "string");
  if (words.length !== argv.length) return undefined;
  const run = parseRunId(record["run"]);
  if (run === undefined) return undefined;
  const said = { job, run, node, owner, command, argv: words, labels, state, delivery, code, signal };
  const known = { x, ...said, startedAt, endedAt, lines, bytes, lastN, missing, thinned, dropped };
  return { ...known, ...(discarded.length === 0 ? {} : { discarded }), ...parseNotes(record) };
}

type Notes = Pick<Execution, "mayBuffer" | "parent" | "within" | "claimedUser" | "clockMs" | "timeoutMs" | "stoppedBy">;

/** Members absent from most executions. */
function parseNotes(record: UnknownRecord): Notes {
  const { parent, within } = parseLaunch(record).launch;
  const { mayBuffer, claimedUser, clockMs, stoppedBy } = record;
  const timeoutMs = asCount(record["timeoutMs"], 1);
  return {
    ...(mayBuffer === true ? { mayBuffer } : {}),
    ...(parent === undefined ? {} : { parent }),
    ...(within === undefined ? {} : { within }),
    ...(typeof claimedUser === "string" && isUnixName(claimedUser) ? { claimedUser } : {}),
    ...(typeof clockMs === "number" && Number.isSafeInteger(clockMs) ? { clockMs } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(typeof stoppedBy === "string" && isUnixName(stoppedBy) ? { stoppedBy } : {}),
  };
}

function parseRanges(value: unknown): LineRange[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ranges: LineRange[] = [];
  for (const range of value) {
    if (!Array.isArray(range)) return undefined;
    const from = asCount(range[0], 1);
    const to = asCount(range[1], 1);
    if (from === undefined || to === undefined || to < from) return undefined;
    ranges.push([from, to]);
  }
  return ranges;
}
