import { isNodeName } from "../wire/node-name.ts";
import { asRecord } from "../wire/record.ts";
import { isUnixName } from "./config-fields.ts";
import type { Settings } from "./config-settings.ts";

/**
 * Whose a node's uids are: the collector's own user database, or a map of the node's own. Uid 0 can be mapped like any
 * other, 65534 cannot: it stands for all that have no name. What is not in the map is unknown.
 */
export type NodeUsers = "directory" | ReadonlyMap<number, string>;

/** More would be a directory. */
const MAX_MAPPED_USERS = 100_000;
const MAX_UID = 4_294_967_294;
/** overflowuid: what the kernel shows for a uid that it cannot name. */
export const OVERFLOW_UID = 65_534;

const TOO_MANY = `expected at most ${MAX_MAPPED_USERS} users`;

interface Problem {
  readonly problem: string;
}

const USERS_EXPECTED = `expected "directory", a file in passwd(5) format, or a table like { "1001" = "alice" }`;

/** `[nodes.NAME]` tables: `users = "directory"`, the path of a copy of that node's /etc/passwd, or a table. */
export function takeNodes(settings: Settings, readFile: (path: string) => string): Map<string, NodeUsers> {
  const nodes = new Map<string, NodeUsers>();
  for (const { name, value, where } of settings.table("nodes")) {
    if (!isNodeName(name)) settings.complain(`${where}: expected the name of a node, as its certificate has it`);
    const node = asRecord(value);
    if (node === undefined) {
      settings.complain(`${where}: expected a table, [nodes.${name}]`);
      continue;
    }
    for (const key of Object.keys(node)) if (key !== "users") settings.complain(`${where}.${key}: unknown key`);
    const users = usersOf(node["users"] ?? "directory", readFile);
    if (typeof users === "object" && "problem" in users) settings.complain(`${where}.users: ${users.problem}`);
    else nodes.set(name, users);
  }
  return nodes;
}

function usersOf(value: unknown, readFile: (path: string) => string): NodeUsers | Problem {
  if (value === "directory") return value;
  if (typeof value === "string") return readPasswd(value, readFile);
  const table = asRecord(value);
  if (table === undefined) return { problem: USERS_EXPECTED };
  const users = new Map<number, string>();
  for (const [uid, name] of Object.entries(table)) {
    if (!isUid(uid)) return { problem: `expected a uid other than ${OVERFLOW_UID}, got ${JSON.stringify(uid)}` };
    if (!isName(name)) return { problem: `expected the name of a user for ${uid}, got ${JSON.stringify(name)}` };
    users.set(Number(uid), name);
  }
  return users.size > MAX_MAPPED_USERS ? { problem: TOO_MANY } : users;
}

function readPasswd(path: string, readFile: (path: string) => string): NodeUsers | Problem {
  let lines: string[];
  try {
    lines = readFile(path).split("\n");
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { problem: `${USERS_EXPECTED}; ${path} cannot be read: ${because}` };
  }
  const users = new Map<number, string>();
  for (const [i, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const [name, , uid = ""] = line.split(":");
    // Every such file has an entry for it.
    if (Number(uid) === OVERFLOW_UID) continue;
    if (!isUid(uid) || !isName(name)) return { problem: `${path}, line ${i + 1}: expected an entry of passwd(5)` };
    // Several names of one uid: the first one counts, as in getpwuid(3).
    if (!users.has(Number(uid))) users.set(Number(uid), name);
  }
  return users.size > MAX_MAPPED_USERS ? { problem: TOO_MANY } : users;
}

function isUid(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAX_UID && Number(text) !== OVERFLOW_UID;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && isUnixName(value);
}
