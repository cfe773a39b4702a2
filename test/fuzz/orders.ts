import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { parseAgentConfig } from "../../src/agent/config.ts";
import { parseAccepted, parseClaim, parseEnded } from "../../src/agent/journal/records.ts";
import { openOrder } from "../../src/orders/open-order.ts";
import { ed25519Blob, parsePublicKey } from "../../src/orders/public-key.ts";
import { signSshsig } from "../../src/orders/sshsig.ts";
import { parseTrust } from "../../src/orders/trust.ts";
import { parseEventAnswer, parseFleetEvent } from "../../src/wire/fleet/event.ts";
import { encodeOrder, parseOrder } from "../../src/wire/fleet/order.ts";
import { parsePresence } from "../../src/wire/fleet/presence.ts";
import { encodeSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { senderOf } from "../../src/wire/fleet/subjects.ts";
import { cancelOrder, runOrder } from "../support/fleet-keys.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate, mutateJson } from "./mutate.ts";

const NOW_MS = 1_796_000_000_000;
const RUN = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const LINE = `alice ssh-ed25519 ${ed25519Blob(publicKey).toString("base64")}`;
const RUN_ORDER = runOrder({ issued: NOW_MS, run: RUN, env: ["A=b"], files: [] });
const ORDERS = [
  encodeOrder(RUN_ORDER),
  encodeOrder(cancelOrder(RUN_ORDER, { issued: NOW_MS, expires: NOW_MS + 1_000 })),
];
const MESSAGES = ORDERS.map((order) => {
  const sig = signSshsig(Buffer.from(order), { namespace: "marcologger-order", key: privateKey });
  return encodeSignedOrder({ order, sig });
});
const STATE = {
  ...{
    v: 1,
    kind: "state",
    journal: RUN,
    sequence: 3,
    at: NOW_MS,
    run: RUN,
    user: "alice",
    state: "failed",
    why: "cwd",
  },
  ...{ text: "no", code: 125, signal: null, by: "", digest: "" },
};
const PRESENCE = {
  ...{
    v: 1,
    start: RUN,
    at: NOW_MS,
    agent: "0.1.0",
    journal: RUN,
    sequence: 3,
    load: 0.5,
    memoryBytes: 9,
    memoryFreeBytes: 8,
  },
  ...{ uptimeSeconds: 7, running: 1, open: [`alice ${RUN}`], facts: null },
};

/** A message of a fleet, whole or damaged: nothing is obeyed but exactly what was signed. */
const orders: FuzzTarget = {
  name: "signed orders",
  isSlow: true,
  begin: () => {
    const trusts = { ssh: parseTrust(LINE).trust, web: new Map() };
    return (random) => {
      const at = random.below(MESSAGES.length);
      const message = random.oneIn(20)
        ? (MESSAGES[at] ?? "")
        : mutate(random, Buffer.from(MESSAGES[at] ?? "")).toString("utf8");
      const opened = openOrder(message, { trusts, nowMs: NOW_MS });
      if (opened.kind === "order") assert.ok(ORDERS.includes(opened.signed.order));
    };
  },
};

/** An order in another spelling is none. */
const spellings: FuzzTarget = {
  name: "orders",
  begin: () => (random) => {
    const text = ORDERS[random.below(ORDERS.length)] ?? "";
    const changed = random.oneIn(2)
      ? (JSON.stringify(mutateJson(random, JSON.parse(text))) ?? "")
      : mutate(random, Buffer.from(text)).toString("utf8");
    const order = parseOrder(changed);
    if (order !== undefined) assert.equal(encodeOrder(order), changed);
  },
};

/** What a node and its collector tell each other, and what a node's journal holds. */
const told: FuzzTarget = {
  name: "events, presence and records of the fleet",
  isSlow: true,
  begin: () => (random) => {
    const sample = random.pick<unknown>([STATE, PRESENCE, { boot: "b", pid: 1, started: "2", sequence: 3, at: 4 }]);
    const text = mutate(random, Buffer.from(JSON.stringify(mutateJson(random, sample)) ?? "")).toString("utf8");
    for (const parse of [parseFleetEvent, parsePresence]) {
      const parsed = parse(text);
      if (parsed !== undefined) assert.deepEqual(parse(JSON.stringify(parsed)), parsed);
    }
    assert.ok(["never", "started", "damaged"].includes(parseClaim(text).kind));
    parseAccepted(text);
    parseEnded(text);
    parseEventAnswer(text.slice(0, 2));
    const sender = senderOf(`fleet.evt.${text.slice(0, 20)}`);
    if (sender !== undefined) assert.ok(!/[/\s=]|\.\./.test(sender.node));
  },
};

/** Files of a node's administrator. */
const files: FuzzTarget = {
  name: "trust files and agent.toml",
  begin: () => (random) => {
    const lines = mutate(
      random,
      Buffer.from(`${LINE} comment\nbob,eve namespaces="x",valid-before="20300101" ${LINE.slice(6)}\n`),
    );
    for (const [blob, keys] of parseTrust(lines.toString("utf8")).trust) {
      assert.ok(parsePublicKey(Buffer.from(blob, "base64")) !== undefined);
      assert.ok(keys.every(({ users }) => users?.every((user) => !/[*?!/]/.test(user))));
    }
    parseAgentConfig(
      mutate(random, Buffer.from('node = "node1"\nbroker = "c:4222"\nweb-users = ["@hpc"]\n')).toString("utf8"),
    );
  },
};

export const ORDER_TARGETS: readonly FuzzTarget[] = [orders, spellings, told, files];
