import { asRecord } from "../wire/record.ts";
import { type Field, isUnixName } from "./config-fields.ts";
import type { Settings } from "./config-settings.ts";

/**
 * Whose a node's uids are: the collector's own user database, or a map of the node's own.
 * 65534 and uid 0 can be mapped like any other; what is not in the map is unknown.
 */
export type NodeUsers = "directory" | ReadonlyMap<number, string>;

/** More would be a directory. */
const MAX_MAPPED_USERS = 100_000;
const MAX_UID = 4_294_967_294;

const USERS_EXPECTED = `"directory", a file in passwd(5) format, or a table like { "1001" = "alice" }`;

/** `[nodes.NAME]` tables: `users = "directory"`, the path of a copy of that node's /etc/passwd, or a table. */
export function takeNodes(settings: Settings, readFile: (path: string) => string): Map<string, NodeUsers> {
  const nodes = new Map<string, NodeUsers>();
  for (const { name, value, where } of settings.table("nodes")) {
    const node = asRecord(value);
    if (node === undefined) {
      settings.complain(`${where}: expected a table, [nodes.${name}]`);
      continue;
    }
    for (const key of Object.keys(node)) if (key !== "users") settings.complain(`${where}.${key}: unknown key`);
    const users = settings.check(`${where}.users`, node["users"] ?? "directory", usersField(readFile));
    if (users !== undefined) nodes.set(name, users);
  }
  return nodes;
}

function usersField(readFile: (path: string) => string): Field<NodeUsers> {
  return {
    expected: USERS_EXPECTED,
    parse(value) {
      if (value === "directory") return value;
      if (typeof value === "string") return readPasswd(value, readFile);
      const table = asRecord(value);
      return table === undefined ? undefined : toMap(Object.entries(table));
    },
  };
}

function readPasswd(path: string, readFile: (path: string) => string): Map<number, string> | undefined {
  try {
    const lines = readFile(path)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    return toMap(lines.map((line) => line.split(":")).map(([name, , uid]) => [uid ?? "", name]));
  } catch {
    return undefined;
  }
}

function toMap(entries: readonly (readonly [string, unknown])[]): Map<number, string> | undefined {
  if (entries.length > MAX_MAPPED_USERS) return undefined;
  const users = new Map<number, string>();
  for (const [digits, name] of entries) {
    if (!/^\d{1,10}$/.test(digits) || Number(digits) > MAX_UID) return undefined;
    if (typeof name !== "string" || !isUnixName(name)) return undefined;
    // Several names of one uid: the first one counts, as in getpwuid(3).
    if (!users.has(Number(digits))) users.set(Number(digits), name);
  }
  return users;
}
