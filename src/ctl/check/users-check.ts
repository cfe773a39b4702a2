import { readFile } from "node:fs/promises";
import type { NodeUsers } from "../../host/config-nodes.ts";
import { getent } from "../../host/getent.ts";
import { createUserDirectory } from "../../host/users.ts";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

/** Lower uids are a distribution's own accounts (login.defs, UID_MIN); 65534 means all that have no name. */
const FIRST_PERSON_UID = 1_000;
const OVERFLOW_UID = 65_534;
/** Each takes a look-up of a few milliseconds. */
const MAX_LOOKUPS = 2_000;
const EXAMPLES = 3;

interface Person {
  readonly name: string;
  readonly uid: number;
}

/** Whether a group exists. */
export async function checkGroup(what: string, group: string): Promise<Finding> {
  const answer = await getent("group", group);
  if (answer.kind === "found") return ok(what, group);
  if (answer.kind === "failed")
    return warning(what, `the user directory does not answer: ${answer.reason}`, "try again");
  return failed(what, `there is no group ${group}`, "correct its spelling in collector.toml, or make it with groupadd");
}

/** On a node: users in its own /etc/passwd, whose uids may belong to others on another machine. */
export async function checkLocalUsers(): Promise<Finding> {
  const what = "local users";
  const people = personsIn(await readFile("/etc/passwd", "utf8").catch(() => ""));
  if (people.length === 0) return ok(what, "none: all come from a directory");
  const compare = "compare with `mlctl check collector --node-users FILE`, FILE being a copy of this /etc/passwd";
  return ok(what, `${examples(people)}: the collector must know them by the same uids; ${compare}`);
}

/**
 * On the collector: uids of a node that belong to a different user here, who would see that node's lines.
 *
 * @param path the output of `getent passwd` on the node, or a copy of its /etc/passwd.
 */
export async function checkNodeUsers(path: string): Promise<Finding> {
  const what = "node's users";
  const text = await readFile(path, "utf8").catch((error) => ({ fault: codeOf(error) }));
  if (typeof text !== "string") return failed(what, `cannot read ${path}: ${text.fault}`, "name a file as passwd(5)");
  const directory = createUserDirectory();
  const people = personsIn(text);
  const others: string[] = [];
  for (const { name, uid } of people.slice(0, MAX_LOOKUPS)) {
    const here = await directory.byUid(uid);
    if (here === "unavailable") return warning(what, "the user directory does not answer", "try again");
    if (here?.name !== name) others.push(`uid ${uid} is ${name} there and ${here?.name ?? "nobody"} here`);
  }
  const looked = Math.min(people.length, MAX_LOOKUPS);
  if (others.length === 0) return ok(what, `the first ${looked} uids in ${path} mean the same users here`);
  const shown = others.slice(0, EXAMPLES).join(", ");
  const next = `in collector.toml: [nodes.NAME] users = "${path}" (quoted when it has dots: [nodes."a.b"])`;
  return warning(what, `${others.length} of ${looked} uids differ: ${shown}`, next);
}

/** On the collector: users in a node's own map that are unknown here, and so can never sign in to see their lines. */
export async function checkMaps(nodes: ReadonlyMap<string, NodeUsers>): Promise<readonly Finding[]> {
  const directory = createUserDirectory();
  const findings: Finding[] = [];
  let left = MAX_LOOKUPS;
  for (const [node, users] of nodes) {
    const what = `users of ${node}`;
    if (users === "directory") {
      findings.push(ok(what, "as here"));
      continue;
    }
    const names = [...users].filter(([uid]) => isPerson(uid)).map(([, name]) => name);
    const unknown: string[] = [];
    for (const name of names.slice(0, left)) if ((await directory.byName(name)) === undefined) unknown.push(name);
    left = Math.max(0, left - names.length);
    const shown = unknown.slice(0, EXAMPLES).join(", ");
    if (unknown.length === 0) findings.push(ok(what, `${names.length} in its own map`));
    else findings.push(warning(what, `unknown here: ${shown}`, "they cannot sign in until this machine knows them"));
  }
  return findings;
}

function personsIn(passwd: string): Person[] {
  const people: Person[] = [];
  for (const line of passwd.split("\n")) {
    const [name, , digits = ""] = line.split(":");
    const uid = /^\d{1,10}$/.test(digits) ? Number(digits) : 0;
    if (name !== undefined && isPerson(uid)) people.push({ name, uid });
  }
  return people;
}

function isPerson(uid: number): boolean {
  return uid >= FIRST_PERSON_UID && uid !== OVERFLOW_UID;
}

function examples(people: readonly Person[]): string {
  const shown = people.slice(0, EXAMPLES).map(({ name, uid }) => `${name} ${uid}`);
  return `${people.length} (${shown.join(", ")}${people.length > EXAMPLES ? ", ..." : ""})`;
}
