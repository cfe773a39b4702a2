import { parseExecutionId } from "../ids.ts";
import { nodeNamed } from "../node-name.ts";

/** A node's name as one token of a subject: no host name has a `=`, and a `.` would end the token. */
export function subjectToken(node: string): string {
  return node.replaceAll(".", "=");
}

/** The node of a token, or undefined if it is none. */
function nodeOfToken(token: string): string | undefined {
  const node = token.replaceAll("=", ".");
  return subjectToken(node) === token && nodeNamed(node) === node ? node : undefined;
}

/** Subjects of one node. The broker lets it use these and no others. */
export const SUBJECTS = {
  /** To the node: `SignedOrder`, or a request to say hello (`SESSION_HEADERS.again`). */
  orders: (node: string) => `fleet.do.${subjectToken(node)}`,
  /** From the node, a request: `FleetEvent`, answered by an `EventAnswer`; or a hello (`session.ts`), answered by a welcome. */
  events: (node: string) => `fleet.evt.${subjectToken(node)}`,
  /** From the node: `Presence`. */
  presence: (node: string) => `fleet.seen.${subjectToken(node)}`,
  /** To the node: `SignedOrder` of kind `ask` or `check`. */
  questions: (node: string) => `fleet.ask.${subjectToken(node)}`,
  /** To every node: the same, if the order names all nodes. */
  allQuestions: "fleet.all",
  /** To every node, without content: a page is watching. For `watchLeaseMs`, nodes send presence each second. */
  watch: "fleet.watch",
  /** From the node: `Answer`. */
  answers: (node: string, id: string) => `fleet.ans.${subjectToken(node)}.${id}`,
  /** Answers to requests of the node arrive under this prefix. */
  inbox: (node: string) => `_INBOX.${subjectToken(node)}`,
} as const;

/** The collector's subscriptions. */
export const ALL_NODES = { events: "fleet.evt.*", presence: "fleet.seen.*", answers: "fleet.ans.*.*" } as const;

/** In whose name a message came: the token in its subject. A session's seal proves it. */
export function senderOf(subject: string): { readonly node: string; readonly id?: string } | undefined {
  const [fleet, kind, token = "", id, ...more] = subject.split(".");
  const node = nodeOfToken(token);
  if (fleet !== "fleet" || node === undefined || more.length > 0) return undefined;
  if (kind === "ans") return parseExecutionId(id) === undefined || id === undefined ? undefined : { node, id };
  return id === undefined && (kind === "evt" || kind === "seen") ? { node } : undefined;
}
