import { createHash } from "node:crypto";
import { join } from "node:path";
import { SUBJECTS, subjectToken } from "../../wire/fleet/subjects.ts";
import { FLEET_CERTIFICATES, type ListedNode } from "../../wire/fleet-names.ts";

interface BrokerPlace {
  readonly host: string;
  /** 0: any free port, which the broker reports. */
  readonly port: number;
  /** Folder with ca.crt and the broker's certificate. */
  readonly pki: string;
  /** URIs of the collector's own certificates. */
  readonly control: string;
  readonly system: string;
}

export const NODES_CONF = "nodes.conf";
export const SERVER_CONF = "nats-server.conf";

/**
 * The broker's configuration: plain message passing. No JetStream, websocket, leafnodes, gateways or monitoring.
 *
 * Connections: 4,000 nodes, each once more while it connects anew. A node subscribes to five subjects, the collector to
 * a few more. Messages are at most 192 KiB (`FLEET_LIMITS`); a client that does not read loses its connection at 8 MB.
 */
export function serverConf({ host, port, pki, control, system }: BrokerPlace): string {
  const broker = join(pki, FLEET_CERTIFICATES.broker);
  return `# Made by mlcollector: changes are lost.
listen: ${JSON.stringify(`${host.includes(":") ? `[${host}]` : host}:${port === 0 ? -1 : port}`)}
logtime: false
max_connections: 8192
max_subscriptions: 16
max_payload: 262144
max_pending: 8MB
max_control_line: 1024
write_deadline: "5s"
ping_interval: "15s"
ping_max: 2
tls {
  cert_file: ${JSON.stringify(`${broker}.crt`)}
  key_file: ${JSON.stringify(`${broker}.key`)}
  ca_file: ${JSON.stringify(join(pki, "ca.crt"))}
  verify_and_map: true
  timeout: 5
}
system_account: SYS
accounts {
  SYS { users: [ { user: ${JSON.stringify(system)} } ] }
  FLEET {
    users: [ { user: ${JSON.stringify(control)} } ]
    exports: [
      { service: "fleet.evt.*" }, { service: "fleet.ans.*.*" }, { service: "fleet.seen.*" }
      { stream: "fleet.do.*" }, { stream: "fleet.ask.*" }, { stream: "fleet.all" }, { stream: "fleet.watch" }
    ]
  }
  include "${NODES_CONF}"
}
`;
}

/**
 * The accounts of nodes, one each: with one for all, a node could make the broker write into another's subjects by the
 * subject that it wants its reply on. Only what is listed is allowed.
 *
 * The last account belongs to nobody. Its name identifies this text: if the broker knows it, this text is in force. And
 * in which round: see `AdmittedNodes.apply`.
 */
export function nodesConf(
  nodes: readonly ListedNode[],
  round: 1 | 2,
): { readonly text: string; readonly mark: string } {
  const accounts = nodes.map(accountOf).join("\n");
  const mark = `V${round}_${createHash("sha256").update(accounts).digest("hex")}`;
  return { text: `${accounts}\n${JSON.stringify(mark)} { }\n`, mark };
}

/** The broker's name for the account of a node. */
export function accountOfNode(node: string): string {
  return `N_${subjectToken(node)}`;
}

function accountOf({ name, uri }: ListedNode): string {
  const [events, answers, presence] = [SUBJECTS.events(name), SUBJECTS.answers(name, "*"), SUBJECTS.presence(name)];
  const [orders, questions] = [SUBJECTS.orders(name), SUBJECTS.questions(name)];
  const quoted = (subjects: readonly string[]) => subjects.map((subject) => JSON.stringify(subject)).join(", ");
  const imports = [
    ...[events, answers, presence].map((subject) => `{ service: { account: FLEET, subject: "${subject}" } }`),
    ...[orders, questions, SUBJECTS.allQuestions, SUBJECTS.watch].map(
      (subject) => `{ stream: { account: FLEET, subject: "${subject}" } }`,
    ),
  ];
  return `${JSON.stringify(accountOfNode(name))} {
  users: [ { user: ${JSON.stringify(uri)}, permissions: {
    publish: { allow: [${quoted([events, answers, presence])}] }
    subscribe: { allow: [${quoted([`${SUBJECTS.inbox(name)}.>`, orders, questions, SUBJECTS.allQuestions, SUBJECTS.watch])}] } } } ]
  imports: [ ${imports.join(", ")} ]
}`;
}
