import type { Execution, ExecutionPage, Me } from "../../src/wire/api.ts";
import { parseExecution } from "../../src/wire/api.ts";
import { parseRefusedExecutions } from "../../src/wire/discard.ts";
import { asCount, asRecord } from "../../src/wire/record.ts";
import { parseStream } from "../../src/wire/stream-name.ts";
import { decodeBase64 } from "./text/decode-bytes.ts";

/**
 * One line as the viewer holds it. Bytes that are not UTF-8 appear in `text` as lone surrogates U+DC80 to U+DCFF
 * (Python's "surrogateescape"), from the API and from `/live` alike.
 */
export interface LogLine {
  readonly n: number;
  readonly time: string;
  readonly stderr: boolean;
  readonly text: string;
  readonly fragment: boolean;
}

export interface LogLinePage {
  readonly lines: readonly LogLine[];
  readonly next: number | null;
}

export function parseMe(value: unknown): Me | undefined {
  const record = asRecord(value);
  const user = record?.["user"];
  const fleet = record?.["fleet"] === true ? ({ fleet: true } as const) : {};
  return typeof user === "string" ? { user, admin: record?.["admin"] === true, ...fleet } : undefined;
}

/** Skips executions that do not parse: one odd entry must not hide the others. */
export function parseExecutionPage(value: unknown): ExecutionPage | undefined {
  const record = asRecord(value);
  const list = record?.["executions"];
  if (!Array.isArray(list)) return undefined;
  const next = record?.["next"];
  const executions = list.map(parseExecution).filter((each): each is Execution => each !== undefined);
  const refused = parseRefusedExecutions(record?.["refused"]);
  const page = { executions, next: typeof next === "string" ? next : null };
  return refused === undefined ? page : { ...page, refused };
}

export function parseLinePage(value: unknown): LogLinePage | undefined {
  const record = asRecord(value);
  const list = record?.["lines"];
  if (!Array.isArray(list)) return undefined;
  const lines = list.map(parseLine).filter((each): each is LogLine => each !== undefined);
  return { lines, next: asCount(record?.["next"], 1) ?? null };
}

/** A line of several executions' page. */
interface RunLogLine extends LogLine {
  /** The index of its execution in the page. */
  readonly s: number;
}

export interface RunPage {
  readonly executions: readonly Execution[];
  readonly lines: readonly RunLogLine[];
  readonly isMore: boolean;
}

/** Skips no entry, because lines refer to executions by index. */
export function parseRunPage(value: unknown): RunPage | undefined {
  const record = asRecord(value);
  const [list, all] = [record?.["lines"], record?.["executions"]];
  if (!Array.isArray(list) || !Array.isArray(all)) return undefined;
  const executions = all.flatMap((each: unknown) => parseExecution(each) ?? []);
  if (executions.length !== all.length) return undefined;
  const lines = list.flatMap((each: unknown) => {
    const line = parseLine(each);
    const s = asCount(asRecord(each)?.["s"]);
    return line === undefined || s === undefined ? [] : [{ ...line, s }];
  });
  return { executions, lines, isMore: record?.["isMore"] === true };
}

export function parseLine(value: unknown): LogLine | undefined {
  const record = asRecord(value);
  const n = asCount(record?.["n"], 1);
  const stream = parseStream(record?.["stream"]);
  if (record === undefined || n === undefined || stream === undefined) return undefined;
  const { time, text, b64, fragment } = record;
  if (typeof time !== "string") return undefined;
  const said = typeof text === "string" ? text : typeof b64 === "string" ? decodeBase64(b64) : undefined;
  return said === undefined
    ? undefined
    : { n, time, stderr: stream === "stderr", text: said, fragment: fragment === true };
}
