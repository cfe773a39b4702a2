import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { connect, type Msg } from "@nats-io/transport-node";
import { CollectorSession } from "../../src/agent/link/collector-session.ts";
import { StatusLease } from "../../src/agent/status/status-lease.ts";
import { after } from "../../src/host/after.ts";
import type { Answer } from "../../src/wire/fleet/answer.ts";
import type { FleetEventOf } from "../../src/wire/fleet/event.ts";
import { type Order, parseOrder } from "../../src/wire/fleet/order.ts";
import type { Presence } from "../../src/wire/fleet/presence.ts";
import { parseSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { SUBJECTS } from "../../src/wire/fleet/subjects.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";

/**
 * Agents of many nodes in a process of their own: `fleet-crowd.js PORT PKI COUNT`. Each has a connection and a certificate of its
 * own, reports each second while somebody watches, tells that it has accepted each order, and notes when the collector had
 * stored that. To a question it says START at once, and COMPLETE when a program would have looked. A line on standard input:
 * prints the times of all since the line before, in microseconds of the machine's steady clock.
 */
const [port, pki = "", count] = process.argv.slice(2);
const CONNECTING_AT_A_TIME = 50;
const PRESENCE_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 60_000;
/** A provider is a program of its own on a node, which starts within this. */
const LOOK_MS = 50;
const newId = () => makeExecutionId(Date.now(), randomBytes(16));
const SILENT = { event: () => undefined };
let times: number[] = [];

interface Opened extends Pick<Order, "kind" | "run" | "user"> {
  readonly digest: string;
  /** What each node says to it: its name is in the subject, and its seal is its own. */
  readonly start: string;
  readonly complete: string;
}

let last: { readonly message: Uint8Array; readonly opened: Opened | undefined } | undefined;

/** Nodes read and answer on machines of their own: this process, which plays all of them, reads and encodes once. */
function open(message: Uint8Array): Opened | undefined {
  if (last === undefined || Buffer.compare(last.message, message) !== 0)
    last = { message: Buffer.from(message), opened: parse(Buffer.from(message).toString()) };
  return last.opened;
}

function parse(text: string): Opened | undefined {
  const signed = parseSignedOrder(text);
  const order = signed === undefined ? undefined : parseOrder(signed.order);
  if (signed === undefined || order === undefined) return undefined;
  const digest = createHash("sha256").update(signed.order).digest("hex");
  const { kind, run, user } = order;
  const say = (state: Answer["state"], rows: Answer["rows"]): string =>
    JSON.stringify({ v: 1, user, digest, state, why: "", text: "", rows } satisfies Answer);
  const found = [{ uptimeSeconds: 86_400, load1: 0.25, load5: 0.5, load15: 0.75 }];
  return { kind, run, user, digest, start: say("start", []), complete: say("complete", found) };
}

async function startNode(node: string): Promise<void> {
  const nats = await connect({
    servers: `127.0.0.1:${port}`,
    tls: { certFile: join(pki, `${node}.crt`), keyFile: join(pki, `${node}.key`), caFile: join(pki, "ca.crt") },
    inboxPrefix: SUBJECTS.inbox(node),
    ignoreClusterUpdates: true,
    waitOnFirstConnect: true,
    timeout: ANSWER_WITHIN_MS,
  });
  let onOpen = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve;
  });
  const session = new CollectorSession({ nats, node, pki, log: SILENT, wallMs: Date.now, after, onOpen });
  const [journal, start] = [newId(), newId()];
  let sequence = 0;
  const accept = ({ digest, run, user }: Opened): void => {
    sequence += 1;
    const none = { why: "", text: "", code: null, signal: null, by: "", digest } as const;
    const head = { v: 1, kind: "state", journal, sequence, at: Date.now() } as const;
    void tell(session, { ...head, run, user, state: "accepted", ...none });
  };
  const answer = ({ run, start, complete }: Opened): void => {
    const subject = SUBJECTS.answers(node, run);
    session.publish(subject, start);
    setTimeout(() => session.publish(subject, complete), LOOK_MS);
  };
  const callback = (_: unknown, message: Msg): void => {
    const opened = session.hears(message) ? undefined : open(message.data);
    if (opened?.kind === "ask") answer(opened);
    else if (opened !== undefined) accept(opened);
  };
  for (const subject of [SUBJECTS.orders(node), SUBJECTS.questions(node), SUBJECTS.allQuestions])
    nats.subscribe(subject, { callback });
  const appear = (): void => {
    const [load, free] = [Math.random(), Math.random()];
    const memory = {
      memoryBytes: 2 ** 33,
      memoryFreeBytes: Math.floor(free * 2 ** 33),
      uptimeSeconds: 60,
      running: 0,
      open: [],
      facts: null,
    };
    const head = { v: 1, start, at: Date.now(), agent: "bench", journal, sequence, load } as const;
    const presence: Presence = { ...head, ...memory };
    session.publish(SUBJECTS.presence(node), JSON.stringify(presence));
  };
  session.hello();
  await opened;
  appear();
  setInterval(appear, PRESENCE_EVERY_MS);
  const lease = new StatusLease(appear);
  nats.subscribe(SUBJECTS.watch, { callback: () => lease.renew() });
}

async function tell(session: CollectorSession, event: FleetEventOf<"state">): Promise<void> {
  const reply = await session.request(JSON.stringify(event), ANSWER_WITHIN_MS);
  if (reply === undefined) throw new Error("The answer is not the collector's");
  times.push(Number(process.hrtime.bigint() / 1_000n));
}

const waiting = Array.from({ length: Number(count) }, (_, i) => `n${i + 1}`);
await Promise.all(
  Array.from({ length: CONNECTING_AT_A_TIME }, async () => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) await startNode(node);
  }),
);
process.stdout.write("connected\n");
createInterface({ input: process.stdin }).on("line", () => {
  process.stdout.write(`times ${JSON.stringify(times)}\n`);
  times = [];
});
