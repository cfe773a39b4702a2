import { parseJson } from "../record.ts";
import { isUnixName } from "../unix-name.ts";
import { type Check, type Checked, is, isListOf, isMatch, isShape, isText } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";

/** A line of the table that a provider answers with: names of columns, and plain values. Bytes, seconds: by the name. */
export type AnswerRow = Readonly<Record<string, string | number | boolean | null>>;

const isUser: Check<string> = (value): value is string => typeof value === "string" && isUnixName(value);
const isWhy = isMatch(/^(?:[a-z][a-z0-9-]{0,39})?$/);
const isColumn = isMatch(/^[A-Za-z][A-Za-z0-9]{0,39}$/);
const isCellText = isText(MOST.maxTextCharacters);
const isCell = (value: unknown): boolean =>
  value === null || typeof value === "boolean" || Number.isFinite(value) || isCellText(value);
const isRow: Check<AnswerRow> = (value): value is AnswerRow => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MOST.maxAnswerColumns && entries.every(([name, cell]) => isColumn(name) && isCell(cell));
};

/**
 * A node's messages about a question, under the question's id: `start` first, then one of the others. They may
 * arrive in any order.
 *
 * - `complete`: the result is in `rows`.
 * - `noop`: the node has no such provider, or nothing for it to read.
 * - `failed`: `why` is `arguments`, `busy`, `slow`, `unreadable` or `too-long`.
 */
const ANSWER = {
  v: is(1),
  /** The asking user. */
  user: isUser,
  /** SHA-256 of the order's bytes. */
  digest: isMatch(/^[0-9a-f]{64}$/),
  state: is("start", "noop", "complete", "failed"),
  why: isWhy,
  /** The reason in words, or empty. */
  text: isText(MOST.maxTextCharacters),
  rows: isListOf(isRow, { most: MOST.maxAnswerRows }),
} as const;

export type Answer = Checked<typeof ANSWER>;

const isAnswer = isShape(ANSWER);

export function parseAnswer(text: string): Answer | undefined {
  if (text.length > MOST.maxEventBytes) return undefined;
  const value = parseJson(text);
  return isAnswer(value) ? value : undefined;
}

/** Parses the rows that the API passes on. */
export const isAnswerRows = ANSWER.rows;
