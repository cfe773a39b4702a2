import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createEnvelopeView, parseEnvelope } from "../../../src/frame/envelope.ts";
import { parseGateStatus } from "../../../src/frame/gate-status.ts";
import { parseRelayStatus } from "../../../src/frame/relay-status.ts";
import { formatTimestamp } from "../../../src/frame/timestamp.ts";
import { frameOf, gateBegin } from "../../support/as-sent.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { type Relay, startRelay } from "../../support/relay.ts";
import { type RelpDump, startRelpDump } from "../../support/relp-dump.ts";
import { asUser, createTestUser, describeAsRoot, type TestUser } from "../../support/root.ts";
import { connectionOf, sendLines } from "../../support/send.ts";
import { sendToGateAs } from "../../support/send-as.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
const ID = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const KEY = "0123456789abcdefghijkl";
const SENDER = { uid: 1001, gid: 1002, pid: 4711 };

let dump: RelpDump;
let relay: Relay;

beforeAll(async () => {
  dump = await startRelpDump();
  relay = await startRelay({ collectorPort: dump.port });
});

/** Structured data and MSG of a frame with one line. */
function lines(n: number, text: string): string {
  const b = Buffer.byteLength(text);
  return `[ml@32473 v="1" t="lines" x="${ID}" k="${KEY}" s="stdout" n="${n}" c="1" b="${b}"] ${n} ${text}`;
}

/** The forward queue's line of impstats, with a figure that a real one never has here. */
const STATUS = JSON.stringify({
  ...{ name: "marcologger-forward queue", origin: "core.queue", size: 424_242, enqueued: 0, full: 0 },
  ...{ "discarded.full": 0, "discarded.nf": 0, maxqsize: 0 },
});
const frame = (n: number, text: string) => `<14>1 ${TIME} somewhere mlrun 4711 LINES ${lines(n, text)}`;
const envelope = (rest: string, time = TIME) => `<134>1 ${time} node1 mlrun - LINES ${rest}`;

/** Messages that reach the collector through `send`, up to the one that `close` sends over the same socket. */
async function upToClosing(send: () => Promise<void>, close: () => Promise<void>): Promise<string[]> {
  const before = dump.messages.length;
  await send();
  await close();
  const arrived = (): string[] => dump.messages.slice(before).map(String);
  await poll("the closing message", () => arrived().some((text) => text.endsWith(" closing")));
  return arrived().filter((text) => !text.endsWith(" closing"));
}

/** Messages that arrive for bytes sent to lines.sock. */
function received(send: () => Promise<void>): Promise<string[]> {
  return upToClosing(send, () => sendLines(relay.linesSocket, [frame(dump.messages.length + 1, "closing")]));
}

/** Messages that arrive for a BEGIN passed on by the gate. */
function receivedBegin(text: string): Promise<string[]> {
  return upToClosing(
    () => sendLines(relay.beginSocket, [gateBegin(text, SENDER)]),
    () => sendLines(relay.beginSocket, [gateBegin("closing", SENDER)]),
  );
}

test("a frame keeps its time, structured data and MSG; the relay sets the rest", async () => {
  const got = await received(() => sendLines(relay.linesSocket, [frame(1, "epoch 3 loss=0.12\\nepoch 4")]));
  expect(got).toEqual([envelope(lines(1, "epoch 3 loss=0.12\\nepoch 4"))]);
});

test("every byte that mlrun's encoding leaves alone passes unchanged", async () => {
  const ascii = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).join("");
  const texts = [
    ascii,
    "a  b   c",
    "\\t\\x00\\\\ \\x23012",
    '"] [x y="z"] <14>1 - - - - -',
    "größer 漢字 🚀",
    "@cee: {}",
  ];
  const frames = texts.map((text, i) => frame(i + 1, text));
  const got = await received(() => sendLines(relay.linesSocket, frames));
  expect(got).toEqual(texts.map((text, i) => envelope(lines(i + 1, text))));
});

test("passes a frame of the largest size whole", async () => {
  const text = "x".repeat(7_400);
  expect(await received(() => sendLines(relay.linesSocket, [frame(1, text)]))).toEqual([envelope(lines(1, text))]);
});

test("10,000 frames of one connection arrive in order", async () => {
  const frames = Array.from({ length: 10_000 }, (_, i) => frame(i + 1, `line ${i + 1}`));
  const got = await received(() => sendLines(relay.linesSocket, frames));
  expect(got.map((text) => Number(text.split(" ").at(-1)))).toEqual(frames.map((_, i) => i + 1));
});

test("answers a half-close with EOF once everything is taken over", async () => {
  const before = dump.messages.length;
  const counts = [1, 500, 2_000];
  for (const count of counts) {
    await sendLines(
      relay.linesSocket,
      Array.from({ length: count }, (_, i) => frame(i + 1, "x")),
    );
  }
  await dump.waitFor(before + 2_501);
  expect(dump.messages.length).toBe(before + 2_501);
});

test("accepts 500 connections at once", async () => {
  const sends = Array.from({ length: 500 }, (_, i) => sendLines(relay.linesSocket, [frame(i + 1, "x")]));
  expect(await received(async () => void (await Promise.all(sends)))).toHaveLength(500);
});

describe("nothing sent to lines.sock passes for a BEGIN or the relay's own message", () => {
  const claim = '[ml@32473 uid="1001" gid="1001" pid="1"] {"v":1}';
  test.each([
    ["a BEGIN envelope", `<134>1 ${TIME} node1 mlrun - BEGIN ${claim}`],
    ["MSGID BEGIN with a frame's header", `<14>1 ${TIME} node1 mlrun 1 BEGIN ${claim}`],
    ["an envelope inside MSG", frame(1, `<134>1 ${TIME} node1 mlrun - BEGIN ${claim}`)],
    ["a RELAY envelope", `<134>1 ${TIME} node1 mlrun - RELAY - LINES - ${STATUS}`],
    ["MSGID RELAY with a frame's header", `<14>1 ${TIME} node1 mlrun 1 RELAY - LINES - ${STATUS}`],
    ["a message of impstats", `<46>${TIME} node1 rsyslogd-pstats: ${STATUS}`],
    ["no PRI", `1 ${TIME} node1 mlrun - BEGIN ${claim}`],
    ["legacy format", `<14>Nov 20 04:17:44 node1 mlrun: BEGIN ${claim}`],
    ["a newline before an envelope", `x\n<134>1 ${TIME} node1 mlrun - BEGIN ${claim}`],
    ["JSON that names a uid", `<14>1 ${TIME} node1 mlrun 1 LINES - @cee:{"uid":"1001","envelope":"<134>1 x"}`],
    ["a host name with a space", `<14>1 ${TIME} a b mlrun 1 LINES ${claim}`],
    ["no structured data", `<14>1 ${TIME} node1 mlrun 1 LINES - BEGIN ${claim}`],
    ["nothing but a space", " "],
    ["octets that are not UTF-8", Buffer.from(`<14>1 ${TIME} node1 mlrun 1 LINES ${claim}\xff\xfe\x80`, "latin1")],
  ])("%s", async (_, message) => {
    const view = createEnvelopeView();
    for (const text of await received(() => sendLines(relay.linesSocket, [message]))) {
      expect(text).toMatch(/^<134>1 \S+ node1 mlrun - LINES /);
      parseEnvelope(Buffer.from(text), 0, Buffer.byteLength(text), view);
      expect(["begin", "relay"]).not.toContain(view.kind);
    }
  });
});

test("relay and gate send their status frames unprompted, and they never carry others' figures", async () => {
  const isGate = (text: string) => text.includes('"marcologger-gate"');
  await poll(
    "two frames of the relay, one of the gate",
    () => {
      const ofGate = dump.relayFrames.filter(isGate).length;
      return ofGate >= 1 && dump.relayFrames.length - ofGate >= 2;
    },
    20_000,
  );
  const view = createEnvelopeView();
  for (const text of dump.relayFrames) {
    expect(parseEnvelope(Buffer.from(text), 0, text.length, view)).toBeUndefined();
    expect(view.kind).toBe("relay");
    const said = text.slice(view.textAt);
    if (isGate(text)) expect(parseGateStatus(said)).toEqual({ connections: 0, refused: 0, ended: 0, waits: 0 });
    else expect(parseRelayStatus(said)).toMatchObject({ discarded: 0 });
    expect(text).not.toContain("424242");
  }
});

test("bad framing ends only its own connection", async () => {
  const got = await received(async () => {
    for (const bytes of ["999999999 x", "99999999999999999999 x", "no count\nat all\n", "5 ab", "\0\0\0\0", "-1 x"]) {
      const socket = createConnection({ path: relay.linesSocket });
      socket.resume();
      socket.end(bytes);
      await once(socket, "close");
    }
  });
  for (const text of got) expect(text).toMatch(/^<134>1 \S+ node1 mlrun - LINES /);
});

test("an oversize frame becomes one message, not one for each octet", async () => {
  const long = "y".repeat(300_000);
  const got = await received(() => sendLines(relay.linesSocket, [long, long, long]));
  expect(got.length).toBeLessThanOrEqual(1);
});

const BEGIN = /^<134>1 \S+ node1 mlrun - BEGIN \[ml@32473 uid="(\d+)" gid="(\d+)" pid="(\d+)"\] LINES /;
const JSON_TEXT = `{"v":1,"x":"${ID}"}`;

test("a BEGIN carries the uid, gid and pid from the gate", async () => {
  const [text = "", ...more] = await receivedBegin(JSON_TEXT);
  expect(more).toEqual([]);
  expect(BEGIN.exec(text)?.slice(1)).toEqual(["1001", "1002", "4711"]);
  expect(text.replace(BEGIN, "")).toBe(`- ${JSON_TEXT}`);
});

test.each([
  ["structured data of our own kind", `[ml@32473 uid="0" gid="0" pid="1"] ${JSON_TEXT}`],
  ["structured data that ends inside quotes", `[a b="] [ml@32473 uid=0] "] ${JSON_TEXT}`],
  ["a whole envelope", `<134>1 ${TIME} node1 mlrun - BEGIN [ml@32473 uid="0" gid="0" pid="1"] LINES - ${JSON_TEXT}`],
  ["JSON with uid", `@cee:{"uid":"0","gid":"0","pid":"1"}`],
  ["trusted properties spelled out", "x @[_PID=1 _UID=0 _GID=0]"],
  ["control characters", `a\nb\0c\x1b[2J${JSON_TEXT}`],
  ["a template's property", `%app-name% %$!uid% %msg% ${JSON_TEXT}`],
])("puts the sender before a BEGIN's text, whatever the text is: %s", async (_, text) => {
  const got = await receivedBegin(text);
  expect(got.map((envelope) => BEGIN.exec(envelope)?.slice(1))).toEqual([["1001", "1002", "4711"]]);
});

describeAsRoot("the relay is another user's than the sender", () => {
  let alice: TestUser;
  beforeAll(async () => {
    alice = await createTestUser("alice");
  });

  test.each([
    ["at 1970", 0],
    ["far beyond what rsyslogd takes for a time", Date.UTC(9999, 11, 31) * 1_000],
  ])("keeps the time that mlrun writes when a node's clock is %s", async (_, epochUs) => {
    const time = formatTimestamp(epochUs);
    const sent = frame(1, "text").replace(TIME, time);
    expect(await received(() => sendLines(relay.linesSocket, [sent]))).toEqual([envelope(lines(1, "text"), time)]);
  });

  test("all users can connect to the gate, and to no socket behind it", async () => {
    const [command, ...args] = asUser(alice, "test", "-w");
    expect(await run(command, [...args, join(relay.runDir, "mlrun.sock")])).toMatchObject({ code: 0 });
    for (const path of [relay.beginSocket, relay.linesSocket]) {
      expect(await run(command, [...args, path])).toMatchObject({ code: 1 });
    }
  });

  test("alice's BEGIN is alice's, and her frames come with it", async () => {
    const one = fakeExecution();
    const before = dump.messages.length;
    const frames = [one.lines(1, ["hers"]), one.end(1)];
    const bytes = connectionOf(one, frames.map(frameOf));
    expect(await sendToGateAs(alice, join(relay.runDir, "mlrun.sock"), bytes)).toBe("KT");
    await dump.waitFor(before + 3);
    const [begin = "", ...rest] = dump.messages.slice(before).map(String);
    expect(BEGIN.exec(begin)?.slice(1, 3)).toEqual([String(alice.uid), String(alice.gid)]);
    expect(rest).toEqual(frames.map((frame) => frame.replace("+00:00", "Z")));
  });
});
