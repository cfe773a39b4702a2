import { asRecord } from "../wire/record.ts";
import { countField, type Field } from "./config-fields.ts";
import type { Settings } from "./config-settings.ts";

/** Free space that must stay: a share of the disk, or bytes. */
type MinFree = { readonly share: number } | { readonly bytes: number };

/** Rules for executions of jobs whose names match a pattern. */
export interface JobRetention {
  /** `*` stands for any text, `?` for one character. */
  readonly pattern: string;
  /** Undefined: the common maximum age. "never": no maximum. */
  readonly maxAgeMs: number | "never" | undefined;
  /** How many newest runs of each such job of each user are kept. */
  readonly newestRuns: number;
}

/** How long executions are kept. Undefined: no such limit. */
export interface RetentionConfig {
  /** Age, since an execution's end. */
  readonly maxAgeMs: number | undefined;
  readonly bytesPerUser: number | undefined;
  readonly bytes: number | undefined;
  readonly minFree: MinFree | undefined;
  /** How many newest executions of each user only `minFree` may take. */
  readonly newest: number;
  /** How much of each user's executions their own holds may protect. */
  readonly heldBytesPerUser: number;
  /** The first pattern that fits a job counts. */
  readonly jobs: readonly JobRetention[];
  /** Maximum age of old files of ordinary syslog, and of the audit. */
  readonly syslogMaxAgeMs: number | undefined;
  readonly auditMaxAgeMs: number | undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
const MAX_AGE_MS = 100 * 365 * 86_400_000;
const MAX_BYTES = 2 ** 50;
const MAX_NEWEST = 1_000_000;
const DEFAULT_HELD_BYTES = 20 * 2 ** 30;
/** Each pattern is compared with each execution of a sweep. */
const MAX_PATTERNS = 64;
const MAX_PATTERN_CHARACTERS = 128;

const AGE: Field<number> = {
  expected: "a time like 90d, 12h or 4w",
  parse: (value) => {
    const [, digits = "", unit = ""] = (typeof value === "string" && /^(\d{1,6})([mhdw])$/.exec(value)) || [];
    const ms = Number(digits) * (UNITS_MS[unit] ?? 0);
    return ms > 0 && ms <= MAX_AGE_MS ? ms : undefined;
  },
};

const AGE_OR_NEVER: Field<number | "never"> = {
  expected: `${AGE.expected}, or never`,
  parse: (value) => (value === "never" ? value : AGE.parse(value)),
};

const BYTES: Field<number> = {
  expected: "bytes like 500M, 50G or 2T",
  parse: (value) => {
    const [, digits = "", unit = ""] = /^(\d{1,16})([KMGT]?)$/.exec(String(value)) ?? [];
    const bytes = Number(digits) * (UNITS_BYTES[unit] ?? 0);
    return bytes > 0 && bytes <= MAX_BYTES ? bytes : undefined;
  },
};

const FREE: Field<MinFree> = {
  expected: 'a share of the disk like "5%", at most 50%, or bytes like 20G',
  parse: (value) => {
    const [, percent] = (typeof value === "string" && /^(\d{1,2}(?:\.\d)?)%$/.exec(value)) || [];
    if (percent !== undefined) {
      const share = Number(percent) / 100;
      return share > 0 && share <= 0.5 ? { share } : undefined;
    }
    const bytes = BYTES.parse(value);
    return bytes === undefined ? undefined : { bytes };
  },
};

/** Reads `[retention]`. Without it nothing is deleted by itself. */
export function takeRetention(settings: Settings): RetentionConfig {
  const values = new Map(settings.table("retention").map((each) => [each.name, each]));
  const take = <T, D>(key: string, field: Field<T>, fallback: D): T | D => {
    const found = values.get(key);
    values.delete(key);
    return found === undefined ? fallback : (settings.check(found.where, found.value, field) ?? fallback);
  };
  const jobs = takeJobs(settings, values.get("jobs"));
  values.delete("jobs");
  const config = {
    maxAgeMs: take("max-age", AGE, undefined),
    bytesPerUser: take("bytes-per-user", BYTES, undefined),
    bytes: take("bytes", BYTES, undefined),
    minFree: take("min-free", FREE, undefined),
    newest: take("keep-newest", countField(0, MAX_NEWEST), 0),
    heldBytesPerUser: take("held-bytes-per-user", BYTES, DEFAULT_HELD_BYTES),
    jobs,
    syslogMaxAgeMs: take("syslog-max-age", AGE, undefined),
    auditMaxAgeMs: take("audit-max-age", AGE, undefined),
  };
  for (const { where } of values.values()) settings.complain(`${where}: unknown key`);
  return config;
}

function takeJobs(settings: Settings, found: { value: unknown; where: string } | undefined): JobRetention[] {
  if (found === undefined) return [];
  const { value, where } = found;
  const patterns = asRecord(value);
  if (patterns === undefined || Object.keys(patterns).length > MAX_PATTERNS) {
    settings.complain(`${where}: expected at most ${MAX_PATTERNS} tables, like [retention.jobs."nightly-*"]`);
    return [];
  }
  return Object.entries(patterns).map(([pattern, entry]) => takeJob(settings, { pattern, entry, where }));
}

function takeJob(settings: Settings, of: { pattern: string; entry: unknown; where: string }): JobRetention {
  const { pattern, entry, where } = of;
  const place = `${where}.${JSON.stringify(pattern)}`;
  const table = asRecord(entry);
  if (table === undefined) settings.complain(`${place}: expected a table, [retention.jobs.${JSON.stringify(pattern)}]`);
  if (pattern === "" || pattern.length > MAX_PATTERN_CHARACTERS)
    settings.complain(`${place}: expected a pattern of 1 to ${MAX_PATTERN_CHARACTERS} characters`);
  const { "max-age": age, "keep-newest-runs": runs, ...others } = table ?? {};
  for (const key of Object.keys(others)) settings.complain(`${place}.${key}: unknown key`);
  return {
    pattern,
    maxAgeMs: age === undefined ? undefined : settings.check(`${place}.max-age`, age, AGE_OR_NEVER),
    newestRuns:
      runs === undefined ? 0 : (settings.check(`${place}.keep-newest-runs`, runs, countField(0, MAX_NEWEST)) ?? 0),
  };
}
