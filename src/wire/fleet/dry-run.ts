import { asRecord } from "../record.ts";
import { is } from "./checks.ts";

/**
 * A node's answer to a dry run.
 *
 * - `would`: it would start the command now.
 * - `waiting`: not now, for a reason that may pass (`disk`, `directory`, `clock`).
 * - `refused`, `failed`: it would refuse the order, or could not enter its folder (`cwd`).
 * - `absent`, `silent`: it was not connected, or did not answer.
 */
const ANSWERS = ["would", "waiting", "refused", "failed", "absent", "silent"] as const;

export interface DryRunOnNode {
  readonly node: string;
  readonly answer: (typeof ANSWERS)[number];
  /** A short name of the reason, or empty. */
  readonly why: string;
  /** The reason in words, or empty. */
  readonly text: string;
}

const isAnswer = is(...ANSWERS);

/** Parses the body of `POST /api/dry-runs`. */
export function parseDryRun(value: unknown): readonly DryRunOnNode[] | undefined {
  const { nodes } = asRecord(value) ?? {};
  if (!Array.isArray(nodes)) return undefined;
  return nodes.flatMap((each: unknown) => {
    const { node, answer, why, text } = asRecord(each) ?? {};
    if (typeof node !== "string" || !isAnswer(answer)) return [];
    return [{ node, answer, why: typeof why === "string" ? why : "", text: typeof text === "string" ? text : "" }];
  });
}
