import { type Execution, type ExecutionName, parseExecution } from "./api.ts";
import { type ApiError, parseError } from "./api-error.ts";
import { type CriLine, parseCriLine } from "./cri.ts";
import { parseExecutionId } from "./ids.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { asCount, asRecord, parseJson } from "./record.ts";
import { parseRunId } from "./run-id.ts";

/**
 * The WebSocket protocol of `/live`.
 *
 * A viewer subscribes to one execution, to a job or to everything it may see. History from line `from` on comes first,
 * then new lines, with no gap and no duplicate; `from: "end"` skips the history. `lines: false` asks for the
 * executions' states only. Texts are JSON; lines travel as binary messages (`LinesHeader`).
 */
export type ClientMessage =
  | {
      readonly t: "subscribe";
      /** Chosen by the viewer, unique among its subscriptions. */
      readonly id: number;
      readonly what: Target;
      readonly from: number | "end";
      readonly lines: boolean;
    }
  | { readonly t: "unsubscribe"; readonly id: number };

/** A job without an owner means every job of that name that the viewer may see; with a run, only that launch of it. */
export type Target =
  | ExecutionName
  | { readonly job: string; readonly run?: string; readonly owner?: string }
  | { readonly all: true };

export type ServerMessage =
  /** History is sent: everything that follows is live. */
  | { readonly t: "live"; readonly id: number }
  /** An execution of this subscription is new or has changed. */
  | { readonly t: "execution"; readonly id: number; readonly execution: Execution }
  /** This viewer read too slowly: lines `from` to `to` were not sent. Fetch them over the API. */
  | {
      readonly t: "lost";
      readonly id: number;
      readonly x: string;
      readonly node: string;
      readonly owner: string;
      readonly from: number;
      readonly to: number;
    }
  /** Every 10 s, whatever else is sent: a viewer that hears nothing for longer is no longer connected. */
  | { readonly t: "beat" }
  /** The subscription was refused or ended. Codes and messages are those of the API's errors. */
  | ({ readonly t: "refused"; readonly id: number } & ApiError["error"]);

/**
 * First line of a binary message, JSON up to LF. `count` consecutive CRI lines follow, the first with number `n`. It
 * names no subscription, so the same bytes, encoded once, go to every viewer.
 */
export interface LinesHeader {
  readonly x: string;
  readonly node: string;
  readonly owner: string;
  readonly n: number;
  readonly count: number;
}

export function parseClientMessage(text: string): ClientMessage | undefined {
  const record = asRecord(parseJson(text));
  const id = asCount(record?.["id"]);
  if (record === undefined || id === undefined) return undefined;
  if (record["t"] === "unsubscribe") return { t: "unsubscribe", id };
  const what = parseTarget(record["what"]);
  const from = record["from"] === "end" ? "end" : asCount(record["from"], 1);
  const lines = record["lines"];
  if (record["t"] !== "subscribe" || what === undefined || from === undefined) return undefined;
  return typeof lines === "boolean" ? { t: "subscribe", id, what, from, lines } : undefined;
}

export function parseServerMessage(text: string): ServerMessage | undefined {
  const record = asRecord(parseJson(text));
  if (record === undefined) return undefined;
  const { t, x, node, owner } = record;
  if (t === "beat") return { t };
  const id = asCount(record["id"]);
  if (id === undefined) return undefined;
  if (t === "live") return { t, id };
  if (t === "execution") {
    const execution = parseExecution(record["execution"]);
    return execution === undefined ? undefined : { t, id, execution };
  }
  if (t === "lost" && typeof x === "string" && typeof node === "string" && typeof owner === "string") {
    const from = asCount(record["from"], 1);
    const to = asCount(record["to"], 1);
    return from === undefined || to === undefined ? undefined : { t, id, x, node, owner, from, to };
  }
  const error = t === "refused" ? parseError(record) : undefined;
  return error === undefined ? undefined : { t: "refused", id, ...error };
}

export function parseLinesHeader(text: string): LinesHeader | undefined {
  const record = asRecord(parseJson(text));
  const x = parseExecutionId(record?.["x"]);
  const [node, owner] = [record?.["node"], record?.["owner"]];
  const n = asCount(record?.["n"], 1);
  const count = asCount(record?.["count"], 1);
  if (x === undefined || typeof node !== "string" || typeof owner !== "string") return undefined;
  return n === undefined || count === undefined ? undefined : { x, node, owner, n, count };
}

/** Decodes a binary message into its header and lines; skips lines that are not CRI. */
export function parseLinesMessage(text: string): { header: LinesHeader; lines: CriLine[] } | undefined {
  const headerEnd = text.indexOf("\n");
  const header = headerEnd < 0 ? undefined : parseLinesHeader(text.slice(0, headerEnd));
  if (header === undefined) return undefined;
  const lines: CriLine[] = [];
  let at = headerEnd + 1;
  for (let n = header.n; n < header.n + header.count; n += 1) {
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    const line = parseCriLine(text.slice(at, end), n);
    if (line !== undefined) lines.push(line);
    at = end + 1;
  }
  return { header, lines };
}

function parseTarget(value: unknown): Target | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { all, job, node, owner } = record;
  const run = parseRunId(record["run"]);
  if (all === true) return { all };
  // Refuse an invalid owner: dropping it would widen the request.
  if (!isNameOrNone(owner, WIRE_LIMITS.maxOwnerCharacters)) return undefined;
  if (!isNameOrNone(node, WIRE_LIMITS.maxNodeCharacters)) return undefined;
  if (run !== record["run"]) return undefined;
  const whose = owner === undefined ? {} : { owner };
  const which = run === undefined ? whose : { run, ...whose };
  if (typeof job === "string" && job !== "" && job.length <= WIRE_LIMITS.maxJobCharacters) return { job, ...which };
  const x = parseExecutionId(record["x"]);
  if (x === undefined) return undefined;
  return node === undefined ? { x, ...whose } : { x, node, ...whose };
}

function isNameOrNone(value: unknown, maxCharacters: number): value is string | undefined {
  return value === undefined || (typeof value === "string" && value.length <= maxCharacters);
}
