import { asCount, asRecord, parseJson } from "./record.ts";
import { parseTime } from "./time.ts";
import { isUnixName } from "./unix-name.ts";

/** One count for each stream. */
export interface PerStream {
  readonly stdout: number;
  readonly stderr: number;
}

/** How the command ended. A beat carries it while a process that the command left behind may still print. */
export interface Exit {
  /** Exit code, or null when a signal ended the command. */
  readonly code: number | null;
  /** Signal name ("SIGKILL"), or null. */
  readonly signal: string | null;
  /** When the command ended: RFC 3339, UTC, microseconds. */
  readonly endedAt: string;
  /** The time limit (`--timeout`) that ended the command; the code is timeout(1)'s, 124 or 137. Omitted otherwise. */
  readonly timeoutMs?: number;
  /** The user who stopped a dispatched command. Omitted otherwise. */
  readonly stoppedBy?: string;
}

/** The END of an execution, sent by mlrun when the command has ended and all its output is read. */
export interface End extends Exit {
  /** Numbered lines and fragments. */
  readonly lines: PerStream;
  /** Bytes that the command printed. */
  readonly printed: PerStream;
  /** Bytes of redraws that were thinned out, not numbered and not sent. */
  readonly thinned: PerStream;
  /** Bytes of numbered lines that mlrun had to drop (full spool): known, deliberate holes. */
  readonly dropped: PerStream;
  /** Grandchildren still held the output pipes open when mlrun stopped reading. */
  readonly cutShort: boolean;
}

/**
 * Parses the JSON of an END. Undefined if a member is missing or has another type, or if code and signal contradict.
 */
export function parseEnd(text: string): End | undefined {
  const record = asRecord(parseJson(text));
  const exit = parseExit(record);
  if (record === undefined || exit === undefined) return undefined;
  const { cutShort } = record;
  const lines = parsePerStream(record["lines"]);
  const printed = parsePerStream(record["printed"]);
  const thinned = parsePerStream(record["thinned"]);
  const dropped = parsePerStream(record["dropped"]);
  if (lines === undefined || printed === undefined || thinned === undefined || dropped === undefined) return undefined;
  if (typeof cutShort !== "boolean") return undefined;
  return { ...exit, lines, printed, thinned, dropped, cutShort };
}

/** Checks the members of an exit. Undefined when one is missing or of another type, or code and signal contradict. */
export function parseExit(value: unknown): Exit | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const { code, signal } = record;
  const endedAt = parseTime(record["endedAt"]);
  if (code !== null && asCount(code) === undefined) return undefined;
  if (signal !== null && (typeof signal !== "string" || !/^SIG[A-Z0-9+]{1,12}$/.test(signal))) return undefined;
  if (endedAt === undefined || (code === null) === (signal === null)) return undefined;
  const timeoutMs = asCount(record["timeoutMs"], 1);
  const { stoppedBy } = record;
  return {
    code: code === null ? null : Number(code),
    signal,
    endedAt,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(typeof stoppedBy === "string" && isUnixName(stoppedBy) ? { stoppedBy } : {}),
  };
}

function parsePerStream(value: unknown): PerStream | undefined {
  const record = asRecord(value);
  const stdout = asCount(record?.["stdout"]);
  const stderr = asCount(record?.["stderr"]);
  return stdout === undefined || stderr === undefined ? undefined : { stdout, stderr };
}
