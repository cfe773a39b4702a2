import { asRecord } from "./record.ts";

/** Body of every refusal. */
export interface ApiError {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** With `several_owners`: the owners to choose from. */
    readonly owners?: readonly string[];
  };
}

/** Parses the body of a refusal, or a refusal of `/live`. */
export function parseError(value: unknown): ApiError["error"] | undefined {
  const record = asRecord(value);
  const { code, message, owners } = record ?? {};
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  if (!Array.isArray(owners)) return { code, message };
  return { code, message, owners: owners.filter((owner): owner is string => typeof owner === "string") };
}
