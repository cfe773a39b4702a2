import { type CutMember, cutBegin } from "./cut-begin.ts";
import { parseExecutionId } from "./ids.ts";
import { type Launch, parseLaunch } from "./launch.ts";
import { WIRE_LIMITS } from "./limits.ts";
import { asCount, asRecord, parseJson } from "./record.ts";
import { parseTime } from "./time.ts";

/** Key of an execution: 128 random bits in base64url, without padding. */
const KEY = /^[A-Za-z0-9_-]{22}$/;

/** The BEGIN of an execution, one line of JSON: mlrun's first message, before any frame. */
export interface Begin extends Launch {
  readonly v: 1;
  /** Execution id. */
  readonly x: string;
  /** Key that every frame of this execution carries. Never stored, never shown: only its hash is kept. */
  readonly k: string;
  readonly job: string;
  /** The command line, `argv[0]` first; cut to the limits of `WIRE_LIMITS`. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339, UTC, microseconds. */
  readonly startedAt: string;
  /** The node's name according to mlrun. For display only: the collector uses the certificate's. */
  readonly node: string;
  readonly pid: number;
  /** Members cut to their limit, or left out because they are malformed. Omitted if there are none. */
  readonly cut?: readonly CutMember[];
}

/**
 * Parses the MSG of a BEGIN. Undefined if a member is missing or has another type. Members over their limit in
 * `WIRE_LIMITS` are cut, and malformed ones of `Launch` left out, since refusing the BEGIN would cost its lines; `cut`
 * names them.
 */
export function parseBegin(text: string): Begin | undefined {
  const record = asRecord(parseJson(text));
  const begin = parseKeyless(record);
  const k = record?.["k"];
  return begin === undefined || typeof k !== "string" || !KEY.test(k) ? undefined : { ...begin, k };
}

/** Parses a BEGIN that was stored without its key. */
export function parseKeyless(value: unknown): Omit<Begin, "k"> | undefined {
  const record = asRecord(value);
  if (record?.["v"] !== 1) return undefined;
  const { job, argv, cwd, node } = record;
  const x = parseExecutionId(record["x"]);
  const labels = asRecord(record["labels"]);
  const pid = asCount(record["pid"], 1);
  const startedAt = parseTime(record["startedAt"]);
  if (x === undefined || labels === undefined || pid === undefined || startedAt === undefined) return undefined;
  if (typeof job !== "string" || job === "" || typeof cwd !== "string" || typeof node !== "string") return undefined;
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every((word) => typeof word === "string")) return undefined;
  if (!Object.values(labels).every((label) => typeof label === "string")) return undefined;
  const { launch, malformed } = parseLaunch(record);
  const said = { v: 1 as const, x, job, argv, cwd, labels: labels as Begin["labels"], startedAt, node, pid };
  return cutBegin({ ...said, ...launch }, [record["cut"], malformed].flat());
}

/** Labels with string values within the limits, or undefined. */
export function parseLabels(value: unknown): Record<string, string> | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const entries = Object.entries(record);
  if (entries.length > WIRE_LIMITS.maxLabels) return undefined;
  const labels: Record<string, string> = {};
  for (const [key, text] of entries) {
    if (key === "" || key === "__proto__" || key.length > WIRE_LIMITS.maxLabelKeyCharacters) return undefined;
    if (typeof text !== "string" || text.length > WIRE_LIMITS.maxLabelValueCharacters) return undefined;
    labels[key] = text;
  }
  return labels;
}
