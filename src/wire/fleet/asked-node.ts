import { asRecord } from "../record.ts";
import { type AnswerRow, isAnswerRows } from "./answer.ts";
import { is } from "./checks.ts";

/**
 * State of a question on a node.
 *
 * - `complete`, `noop`, `failed`: its answer, see `Answer`.
 * - `started`: it began, and did not finish in time.
 * - `refused`, `waiting`: it refuses the order, or cannot decide yet (`directory`, `clock`).
 * - `absent`, `silent`: it was not connected, or did not answer in time.
 */
const ANSWERS = ["complete", "noop", "failed", "started", "refused", "waiting", "absent", "silent"] as const;

export interface AskedNode {
  readonly node: string;
  readonly answer: (typeof ANSWERS)[number];
  /** A short name of the reason, or empty. */
  readonly why: string;
  /** The reason in words, or empty. */
  readonly text: string;
  readonly rows: readonly AnswerRow[];
}

const isKnownAnswer = is(...ANSWERS);

/** Parses the body of `POST /api/asks`. */
export function parseAskedNodes(value: unknown): readonly AskedNode[] | undefined {
  const { nodes } = asRecord(value) ?? {};
  if (!Array.isArray(nodes)) return undefined;
  return nodes.flatMap((each: unknown) => {
    const { node, answer, why, text, rows } = asRecord(each) ?? {};
    if (typeof node !== "string" || !isKnownAnswer(answer) || !isAnswerRows(rows)) return [];
    const words = (of: unknown): string => (typeof of === "string" ? of : "");
    return [{ node, answer, why: words(why), text: words(text), rows }];
  });
}
