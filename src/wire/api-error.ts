import { type NamedProblem, parseNamedProblem } from "./named-problem.ts";
import { asRecord } from "./record.ts";

/** Body of every refusal. */
export interface ApiError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** With `several_owners`: the owners to choose from. */
    readonly owners?: readonly string[];
    /** The problem by name, for clients that word it themselves. */
    readonly problem?: NamedProblem;
  };
}

/** Parses the body of a refusal, or a refusal of `/live`. */
export function parseError(value: unknown): ApiError["error"] | undefined {
  const record = asRecord(value);
  const { code, message, owners } = record ?? {};
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  const problem = parseNamedProblem(record?.["problem"]);
  const named = problem === undefined ? { code, message } : { code, message, problem };
  if (!Array.isArray(owners)) return named;
  return { ...named, owners: owners.filter((owner): owner is string => typeof owner === "string") };
}
