/** A JSON object from outside: nothing is known of its members. */
export type UnknownRecord = { readonly [key: string]: unknown };

/** The value if it is a JSON object (not null, not an array). */
export function asRecord(value: unknown): UnknownRecord | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as UnknownRecord) : undefined;
}

/** The JSON value of a text, or undefined if it is not JSON: input from the network is a value, never an exception. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value if it is a safe integer of at least `least`. */
export function asCount(value: unknown, least = 0): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least ? value : undefined;
}
