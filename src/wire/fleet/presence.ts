import { parseExecutionId } from "../ids.ts";
import { parseJson } from "../record.ts";
import { type Check, type Checked, is, isListOf, isShape, isText, isWhole } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";

const isId: Check<string> = (value): value is string => parseExecutionId(value) !== undefined;
const isAmount = isWhole(0, Number.MAX_SAFE_INTEGER);
const isWord = isText(256);
const isLoad: Check<number> = (value): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

/** Seldom changing facts: sent at the start, after a change, and every tenth time. */
const FACTS = {
  kernel: isWord,
  os: isWord,
  architecture: isWord,
  cpus: isWhole(1, 65_536),
  addresses: isListOf(isWord, { most: 64 }),
  gpus: isListOf(isWord, { most: 64 }),
  /** `KEY=VALUE`, of agent.toml and of the node's programs. */
  labels: isListOf(isWord, { most: 64 }),
  services: isListOf(isText(MOST.maxServiceCharacters, 1), { most: MOST.maxListedServices }),
} as const;

const isFacts = isShape(FACTS);

const PRESENCE = {
  v: is(1),
  /** New at each start of the agent: earlier messages may be lost. */
  start: isId,
  at: isWhole(0, 9_999_999_999_999),
  agent: isText(64),
  journal: isId,
  sequence: isAmount,
  load: isLoad,
  memoryBytes: isAmount,
  memoryFreeBytes: isAmount,
  uptimeSeconds: isAmount,
  running: isWhole(0, 1_000_000),
  /** `user run` of runs that are not final, the oldest first. */
  open: isListOf(isText(160, 1), { most: MOST.maxListedRuns }),
  facts: (value: unknown): value is Facts | null => value === null || isFacts(value),
} as const;

export type Facts = Checked<typeof FACTS>;
/** A node's sign of life: every 15 s, and each second while a page watches it. */
export type Presence = Checked<typeof PRESENCE>;

const isPresence = isShape(PRESENCE);

export function parsePresence(text: string): Presence | undefined {
  if (text.length > MOST.maxEventBytes) return undefined;
  const value = parseJson(text);
  return isPresence(value) ? value : undefined;
}
