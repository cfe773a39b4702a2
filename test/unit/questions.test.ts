import { getEventListeners } from "node:events";
import { beforeEach, expect, test } from "vitest";
import { parseMounts } from "../../src/agent/ask/disks.ts";
import { PROVIDERS } from "../../src/agent/ask/providers.ts";
import { DryRuns } from "../../src/fleet/dry-runs/dry-runs.ts";
import { Questions } from "../../src/fleet/questions/questions.ts";
import { createSendAsk } from "../../src/fleet/send-ask.ts";
import { sha256 } from "../../src/fleet/sha256.ts";
import { type Answer, type AnswerRow, parseAnswer } from "../../src/wire/fleet/answer.ts";
import type { AskedNode } from "../../src/wire/fleet/asked-node.ts";
import { encodeOrder, type OrderOf } from "../../src/wire/fleet/order.ts";
import { FLEET, newRun, runOrder } from "../support/fleet-keys.ts";

const ABSENT = "node3";
const RUN = newRun();
const ORDER: OrderOf<"ask"> = {
  ...{ v: 1, kind: "ask", fleet: FLEET, run: RUN, user: "alice", nodes: ["node1", "node2", ABSENT] },
  ...{ issued: Date.now(), expires: Date.now() + 30_000, via: "ssh", provider: "uptime", args: [] },
};
const SIGNED = { order: encodeOrder(ORDER), sig: "sig" };
const DIGEST = sha256(SIGNED.order);

const PRESENT = { isPresent: () => true, isDuplicate: () => false };

let sent: string[];
let discarded: number;
let expire: () => void;
let clients: AbortController[];
let questions: Questions;
let answered: Promise<readonly AskedNode[] | undefined>;

beforeEach(() => {
  sent = [];
  discarded = 0;
  clients = [];
  questions = new Questions({
    nodes: { isPresent: (node) => node !== ABSENT, isDuplicate: () => false },
    send: (_, { present }) => void sent.push(...present),
    after: (act) => {
      expire = act;
      return () => undefined;
    },
    onDiscarded: () => {
      discarded += 1;
    },
  });
  answered = questions.ask(ORDER, { signed: SIGNED, withinMs: 1_000, signal: client() });
});

/** Each client has its own. */
function client(): AbortSignal {
  const made = new AbortController();
  clients.push(made);
  return made.signal;
}

function hangUp(): void {
  for (const one of clients) one.abort();
}

function say(node: string, state: Answer["state"], more: Partial<Answer> = {}): void {
  const answer = { v: 1, user: "alice", digest: DIGEST, state, why: "", text: "", rows: [], ...more };
  questions.take(node, RUN, JSON.stringify(answer));
}

const states = async () => (await answered)?.map(({ answer }) => answer);

test.each<[string, readonly [node: string, state: Answer["state"]][]]>([
  [
    "in their order",
    [
      ["node1", "start"],
      ["node1", "complete"],
      ["node2", "start"],
      ["node2", "noop"],
    ],
  ],
  [
    "mixed",
    [
      ["node2", "start"],
      ["node1", "start"],
      ["node2", "noop"],
      ["node1", "complete"],
    ],
  ],
  [
    "START last",
    [
      ["node1", "complete"],
      ["node1", "start"],
      ["node2", "noop"],
    ],
  ],
  [
    "without START",
    [
      ["node2", "noop"],
      ["node1", "complete"],
    ],
  ],
])("answers come %s: the question ends with the last of those who were there", async (_, said) => {
  expect(sent).toEqual(["node1", "node2"]);
  for (const [node, state] of said) say(node, state);
  expect(await states()).toEqual(["complete", "noop", "absent"]);
});

test("at its end it distinguishes started nodes from silent ones; later answers are discarded", async () => {
  say("node1", "start");
  expire();
  expect(await states()).toEqual(["started", "silent", "absent"]);
  say("node1", "complete");
  expect(discarded).toBe(1);
});

test("a second answer, one to another question, of a node that was not asked, or of another form changes nothing", async () => {
  say("node1", "complete", { rows: [{ load1: 1 }] });
  say("node1", "failed");
  say("node2", "complete", { digest: "0".repeat(64) });
  say("node2", "complete", { user: "bob" });
  say(ABSENT, "complete");
  say("node2", "complete", { rows: [{ nested: {} }] as unknown as AnswerRow[] });
  questions.take("node2", newRun(), "{}");
  expect(discarded).toBe(6);
  expire();
  expect(await states()).toEqual(["complete", "silent", "absent"]);
});

test("who follows hears START of each node once, then its answer: one piece for a turn, and the rest before the end", async () => {
  const heard: string[][] = [];
  const onSaid = (said: readonly AskedNode[]) => void heard.push(said.map(({ node, answer }) => `${node} ${answer}`));
  const order = { ...ORDER, run: newRun() };
  const signed = { order: encodeOrder(order), sig: "sig" };
  const followed = questions.ask(order, { signed, withinMs: 1_000, signal: client(), onSaid });
  const head = { v: 1, user: "alice", digest: sha256(signed.order), why: "", text: "", rows: [] };
  const says = (node: string, state: Answer["state"]) => {
    const { v, user, digest, ...rest } = head;
    questions.take(node, order.run, JSON.stringify({ v, user, digest, state, ...rest }));
  };
  says("node1", "start");
  says("node1", "start");
  says("node2", "start");
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([["node1 started", "node2 started"]]);
  says("node1", "complete");
  says("node2", "noop");
  await followed;
  expect(heard.slice(1)).toEqual([["node1 complete", "node2 noop"]]);
});

test.each([
  ["that names all goes to them as one message", ["node1", "node2", ABSENT], "", ["all"]],
  ["that names some goes to those of them that are there", ["node1", ABSENT], "", ["node1"]],
  ["that names a node of two agents goes to the others", ["node1", "node2", ABSENT], "node2", ["node1"]],
])("a question %s", (_, named, duplicate, to) => {
  const asked: string[] = [];
  const link = { ask: (node: string) => void asked.push(node), askAll: () => void asked.push("all") };
  const isDuplicate = (node: string) => node === duplicate;
  const admitted = () => new Set(["node1", "node2", ABSENT]);
  const send = createSendAsk({ nodes: { isDuplicate }, admitted, link: () => link });
  send(Buffer.from("order"), { named, present: named.filter((node) => node !== ABSENT && !isDuplicate(node)) });
  expect(asked).toEqual(to);
});

test("answers together have a limit: those beyond are named", async () => {
  const nodes = Array.from({ length: 200 }, (_, i) => `node${i + 10}`);
  const order = { ...ORDER, nodes, run: newRun() };
  const signed = { order: encodeOrder(order), sig: "sig" };
  const many = questions.ask(order, { signed, withinMs: 1_000, signal: client() });
  const rows = Array.from({ length: 120 }, () => ({ text: "x".repeat(500) }));
  const answer = { v: 1, user: "alice", digest: sha256(signed.order), state: "complete", why: "", text: "", rows };
  for (const node of nodes) questions.take(node, order.run, JSON.stringify(answer));
  const left = (await many)?.filter(({ why }) => why === "too-much") ?? [];
  expect(left.length).toBeGreaterThan(10);
  expect(left.length).toBe(discarded);
});

test("the same question twice, more than 4 of a user, or more than 16 at a time are too many", async () => {
  const ask = (user: string) =>
    questions.ask({ ...ORDER, user, run: newRun() }, { signed: SIGNED, withinMs: 1_000, signal: client() });
  expect(await questions.ask(ORDER, { signed: SIGNED, withinMs: 1_000, signal: client() })).toBeUndefined();
  for (let i = 1; i < 4; i += 1) void ask("alice");
  expect(await ask("alice")).toBeUndefined();
  for (let i = 0; i < 12; i += 1) void ask(["bob", "carol", "dave"][i % 3] ?? "");
  expect(await ask("erin")).toBeUndefined();
});

test("a question that has ended listens to its client no more", async () => {
  const signals = [clients[0]?.signal ?? client(), client()];
  const dryRuns = new DryRuns({ nodes: PRESENT, send: () => undefined, after: () => () => undefined });
  const order: OrderOf<"check"> = { ...runOrder({ nodes: [] }), kind: "check" };
  for (const node of ["node1", "node2"]) say(node, "noop");
  await Promise.all([answered, dryRuns.ask(order, { signed: SIGNED, signal: signals[1] ?? client() })]);
  expect(signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
});

test("a client that hangs up ends its question, and frees its place", async () => {
  for (let i = 1; i < 4; i += 1)
    void questions.ask({ ...ORDER, run: newRun() }, { signed: SIGNED, withinMs: 1_000, signal: client() });
  say("node1", "complete");
  hangUp();
  expect(await states()).toEqual(["complete", "silent", "absent"]);
  const next = questions.ask({ ...ORDER, run: newRun() }, { signed: SIGNED, withinMs: 1_000, signal: client() });
  hangUp();
  expect(await next).toHaveLength(3);
});

test("of dry runs a user has 16 places of 64, and frees them by hanging up", async () => {
  const dryRuns = new DryRuns({
    nodes: PRESENT,
    send: () => undefined,
    after: () => () => undefined,
  });
  const ask = (user: string) => {
    const order: OrderOf<"check"> = { ...runOrder({ user }), kind: "check", run: newRun() };
    return dryRuns.ask(order, { signed: SIGNED, signal: client() });
  };
  const asked = Array.from({ length: 16 }, () => ask("alice"));
  expect(await ask("alice")).toBeUndefined();
  for (const user of ["bob", "carol", "dave"]) for (let i = 0; i < 16; i += 1) void ask(user);
  expect(await ask("erin")).toBeUndefined();
  hangUp();
  expect((await Promise.all(asked)).flat().map((one) => one?.answer)).toEqual(Array(16).fill("silent"));
  const next = ask("alice");
  hangUp();
  expect(await next).toMatchObject([{ answer: "silent" }]);
});

test.each([...PROVIDERS.keys()])("%s answers with rows that are of their form", async (name) => {
  const asked = { uid: process.getuid?.() ?? 0, args: [] };
  const rows = (await PROVIDERS.get(name)?.read(asked)) ?? [];
  // Not every machine has logins, and systemd.
  if (typeof rows === "string") return expect(["who", "units"]).toContain(name);
  const answer = { v: 1, user: "alice", digest: DIGEST, state: "complete", why: "", text: "", rows };
  expect(parseAnswer(JSON.stringify(answer))?.rows).toEqual(rows);
  if (!["disk", "who", "units"].includes(name)) expect(rows.length).toBeGreaterThan(0);
});

test("processes are those of the user who asks, and nobody else's", async () => {
  const read = (uid: number) => PROVIDERS.get("processes")?.read({ uid, args: [] });
  expect(await read(4_294_967_000)).toEqual([]);
  const own = (await read(process.getuid?.() ?? 0)) ?? [];
  expect(own.length).toBeGreaterThan(0);
});

test("each local file system counts once, by its shortest folder; hidden, remote and FUSE ones do not", () => {
  const mounts = [
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
    "23 22 8:1 /tmp/private /tmp rw shared:1 - ext4 /dev/sda1 rw",
    "24 22 8:2 / /home rw - xfs /dev/sdb1 rw",
    "25 24 0:30 / /home rw - tmpfs tmpfs rw",
    "26 22 8:3 / /mnt/a\\040b rw - ext4 /dev/sdc1 rw",
    "27 22 0:40 / /net rw - nfs4 server:/export rw",
    "28 22 0:50 / /proc rw - proc proc rw",
    "29 22 0:60 / /mnt/archive rw - fuse.archivemount /dev/fuse rw",
    "30 22 0:61 / /mnt/fuse rw - fuse /dev/fuse rw",
    "31 22 8:4 / /mnt/stick rw - fuseblk /dev/sdd1 rw",
    "",
  ];
  expect(parseMounts(mounts.join("\n")).map(({ folder }) => folder)).toEqual(["/", "/mnt/a b", "/mnt/stick"]);
});
