import { createHash } from "node:crypto";
import { join } from "node:path";

/** Linux allows 255 bytes per name; our longest suffix is `.late.log`. */
const MAX_NODE_CHARACTERS = 120;
const MAX_COMMAND_CHARACTERS = 40;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** Entries of `DATA/logs` besides users' folders: no user's folder name can start with `_`. */
export const RESERVED = {
  syslog: "_syslog",
  quarantine: "_quarantine",
  deleted: "_deleted",
  probe: "_probe",
  reserve: "_reserve",
} as const;

/**
 * A folder name for a user: unsafe bytes become `%XX`, so that two users never share one and no name leaves the tree. A
 * leading `_` or `.` counts as unsafe.
 */
export function ownerFolder(user: string): string {
  let name = "";
  for (const byte of Buffer.from(user)) {
    const character = String.fromCharCode(byte);
    const isSafe = /[A-Za-z0-9@-]/.test(character) || (name !== "" && /[._]/.test(character));
    name += isSafe ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return name.length <= 200 ? name : `${name.slice(0, 150)}%${digest(user)}`;
}

/**
 * Path of an execution's log below `DATA/logs`, without its ending: `<user>/<date>/<x>.<node>.<command>`.
 *
 * @param execution `x` and `node` are already checked (ULID, host name); command and user may be anything.
 */
export function executionPath(execution: {
  readonly owner: string;
  readonly startedAt: string;
  readonly x: string;
  readonly node: string;
  readonly command: string;
}): string {
  const { owner, startedAt, x, node, command } = execution;
  const date = DATE.test(startedAt.slice(0, 10)) ? startedAt.slice(0, 10) : "0000-00-00";
  const nodePart =
    node.length <= MAX_NODE_CHARACTERS ? node : `${node.slice(0, MAX_NODE_CHARACTERS - 9)}-${digest(node)}`;
  const commandPart = command.replace(/[^A-Za-z0-9_+-]+/g, "_").slice(0, MAX_COMMAND_CHARACTERS) || "_";
  return join(ownerFolder(owner), date, `${x}.${nodePart}.${commandPart}`);
}

/** File name of `argv[0]`, for people. */
export function commandName(argv: readonly string[]): string {
  const word = argv[0] ?? "";
  return word.slice(word.lastIndexOf("/") + 1) || word;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
