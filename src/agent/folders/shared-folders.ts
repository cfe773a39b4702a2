import { normalize } from "node:path/posix";
import { asRecord } from "../../wire/record.ts";
import { isUnixName } from "../../wire/unix-name.ts";

/** A folder that the node's administrator shares: `[folders.NAME]` of agent.toml. */
interface SharedFolder {
  /** Absolute. Links below it are not followed. */
  readonly path: string;
  /** User that its files belong to; never root. */
  readonly as: string;
  /** Groups whose members may put files there; `*`: everybody whose orders the node takes. */
  readonly groups: readonly string[];
}

/** By name. */
export type SharedFolders = ReadonlyMap<string, SharedFolder>;

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const KEYS = ["path", "as", "groups"];

/** Parses the tables `[folders.NAME]`. Undefined if one is wrong. */
export function parseSharedFolders(value: unknown): SharedFolders | undefined {
  const tables = asRecord(value);
  if (tables === undefined) return undefined;
  const folders = new Map<string, SharedFolder>();
  for (const [name, table] of Object.entries(tables)) {
    const folder = parseFolder(table);
    if (!NAME.test(name) || folder === undefined) return undefined;
    folders.set(name, folder);
  }
  return folders;
}

function parseFolder(table: unknown): SharedFolder | undefined {
  const record = asRecord(table) ?? {};
  const { path, as, groups } = record;
  if (!Object.keys(record).every((key) => KEYS.includes(key))) return undefined;
  if (typeof as !== "string" || !isUnixName(as) || as === "root") return undefined;
  return isFolder(path) && isGroups(groups) ? { path, as, groups } : undefined;
}

/** In canonical form, so that the paths below it start with it. */
function isFolder(value: unknown): value is string {
  return typeof value === "string" && /^\/[^\0]*[^/\0]$/.test(value) && normalize(value) === value;
}

function isGroups(value: unknown): value is readonly string[] {
  const isGroup = (one: unknown): boolean => one === "*" || (typeof one === "string" && isUnixName(one));
  return Array.isArray(value) && value.length > 0 && value.every(isGroup);
}
