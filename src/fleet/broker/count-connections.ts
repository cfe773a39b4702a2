import type { NatsConnection } from "@nats-io/transport-node";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { accountOfNode } from "./broker-config.ts";

const ANSWER_WITHIN_MS = 2_000;

/** Number of a node's connections: its agent's and, if any, a copy's. Rejects if the broker does not answer. */
export async function countConnections(system: NatsConnection, node: string): Promise<number> {
  const subject = `$SYS.REQ.ACCOUNT.${accountOfNode(node)}.CONNS`;
  const answer = await system.request(subject, "", { timeout: ANSWER_WITHIN_MS });
  const count = asCount(asRecord(parseJson(answer.string()))?.["conns"]);
  if (count === undefined)
    throw new Error(`Cannot count the connections of ${node}: the broker says ${answer.string()}`);
  return count;
}
