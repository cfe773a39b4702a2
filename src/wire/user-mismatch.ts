import { asCount, asRecord } from "./record.ts";

/** A uid that means somebody else on a node. `GET /api/user-mismatches` lists them for administrators. */
export interface UserMismatch {
  readonly node: string;
  readonly uid: number;
  /** The user's name on the node, as its mlrun says. */
  readonly there: string;
  /** The user to whom the collector gives the executions. */
  readonly here: string;
}

/** Parses the answer; skips what does not parse. */
export function parseUserMismatches(value: unknown): UserMismatch[] | undefined {
  const list = asRecord(value)?.["mismatches"];
  return Array.isArray(list) ? list.flatMap((each) => parseMismatch(each) ?? []) : undefined;
}

function parseMismatch(value: unknown): UserMismatch | undefined {
  const record = asRecord(value);
  const { node, there, here } = record ?? {};
  const uid = asCount(record?.["uid"]);
  if (uid === undefined || typeof node !== "string" || typeof there !== "string" || typeof here !== "string")
    return undefined;
  return { node, uid, there, here };
}
