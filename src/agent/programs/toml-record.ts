import { parse } from "smol-toml";
import { asRecord } from "../../wire/record.ts";

/** Reads a small TOML file with only these keys allowed. A string is an error message. */
export function tomlRecord(text: string, keys: readonly string[]): Readonly<Record<string, unknown>> | string {
  let record: Readonly<Record<string, unknown>>;
  try {
    record = asRecord(parse(text)) ?? {};
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  }
  const other = Object.keys(record).find((key) => !keys.includes(key));
  return other === undefined ? record : `${other}: there is no such key; the keys are ${keys.join(", ")}`;
}
