import { NODE_NAME_RULE, nodeNamed } from "../wire/node-name.ts";
import { asRecord } from "../wire/record.ts";
import { isUnixName } from "../wire/unix-name.ts";
import type { Settings } from "./config-settings.ts";

/**
 * The users of a node's uids: the collector's user database, or a map for that node. Uid 0 can be mapped like any
 * other. 65534 cannot: it means any uid without a name. A uid missing from the map is unknown.
 */
export type NodeUsers = "directory" | ReadonlyMap<number, string>;

/** A larger map belongs into a directory. */
const MAX_MAPPED_USERS = 100_000;
const MAX_UID = 4_294_967_294;
/** overflowuid: the kernel shows it for a uid that has no mapping (user_namespaces(7)). */
export const OVERFLOW_UID = 65_534;

const TOO_MANY = `expected at most ${MAX_MAPPED_USERS} users`;

interface Problem {
  readonly problem: string;
}

const USERS_EXPECTED = `expected "directory", a file in passwd(5) format, or a table like { "1001" = "alice" }`;

/**
 * Reads the `[nodes.NAME]` tables, by name in lower case: `users` is "directory", the path of a copy of that node's
 * /etc/passwd, or a table.
 */
export function takeNodes(settings: Settings, readFile: (path: string) => string): Map<string, NodeUsers> {
  const nodes = new Map<string, NodeUsers>();
  for (const { name, value, where } of settings.table("nodes")) {
    const node = nodeNamed(name);
    if (node === undefined) settings.complain(`${where}: expected the name of a node: ${NODE_NAME_RULE}`);
    const entry = asRecord(value);
    if (entry === undefined) {
      settings.complain(`${where}: expected a table, [nodes.${name}]`);
      continue;
    }
    for (const [key, inner] of Object.entries(entry)) {
      if (key !== "users") settings.complain(`${where}.${key}: ${unknownKey(name, key, inner)}`);
    }
    if (node !== undefined && nodes.has(node)) {
      settings.complain(`${where}: named twice: upper and lower case mean the same node`);
    }
    const users = usersOf(entry["users"] ?? "directory", readFile);
    if (typeof users === "object" && "problem" in users) settings.complain(`${where}.users: ${users.problem}`);
    else if (node !== undefined) nodes.set(node, users);
  }
  return nodes;
}

/** TOML reads `[nodes.a.example.org]` as three nested tables. */
function unknownKey(node: string, key: string, value: unknown): string {
  if (asRecord(value) === undefined) return "unknown key";
  let name = `${node}.${key}`;
  for (let inner = asRecord(value); inner !== undefined; ) {
    const [[next, nested] = []] = Object.entries(inner);
    inner = next === undefined || next === "users" ? undefined : asRecord(nested);
    if (inner !== undefined) name += `.${next}`;
  }
  return `unknown key; a name with dots needs quotes: [nodes."${name}"]`;
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
    // Every passwd(5) has this entry.
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
