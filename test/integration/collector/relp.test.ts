import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, test } from "vitest";
import { type RelpHandler, RelpParser } from "../../../src/ingest/relp/relp-parser.ts";
import { acknowledgements } from "../../../src/ingest/relp/relp-replies.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution, gateFrame, relayFrame } from "../../support/envelopes.ts";
import { type IngestSite, metric, openRelay, ROOT, startIngestSite, untilMetric } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { RelpClient } from "../../support/relp-client.ts";

/** An undisturbed neighbour: its line is stored and acknowledged. */
async function expectNeighbourServed(on: IngestSite): Promise<void> {
  const a = fakeExecution({ node: "neighbour" });
  await (await openRelay(on)).send(a.begin(), a.lines(1, ["fine"]), a.end(1));
  expect(await on.archive.get(ROOT, a)).toMatchObject({ delivery: "complete" });
}

describe("a relay's session", () => {
  it("is opened, acknowledged in order with one answer each, and closed", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["1"]), "not of the grammar", a.lines(2, ["2"]), a.end(2));
    relay.command("close", "");
    await relay.answered(8);
    expect(relay.replies[0]).toMatch(/^1 rsp \d+ 200 OK\nrelp_version=0\nrelp_software=marcologger\ncommands=syslog$/);
    expect(relay.replies.slice(1)).toEqual(
      [2, 3, 4, 5, 6].map((n) => `${n} rsp 6 200 OK`).concat("7 rsp 0", "0 serverclose 0"),
    );
    await relay.closed();
    expect(await metric(on, "ml_ingest_discarded_frames_total", 'reason="envelope"')).toBe(1);
  });

  it("is read the same wherever the bytes are split", async () => {
    const on = await startIngestSite();
    const a = fakeExecution();
    const whole = [a.begin(), a.lines(1, ["one\\two", ""]), a.end(2)];
    const lead = await openRelay(on);
    await lead.send(a.begin());
    const sample = await RelpClient.connect(on.relp.port);
    afterwards(() => sample.destroy());
    const bytes = Buffer.concat([
      sample.frame("open", "relp_version=0\nrelp_software=t\ncommands=syslog"),
      ...whole.map((message) => sample.frame("syslog", message)),
    ]);
    for (let at = 1; at < bytes.length; at += 1) {
      const seen: string[] = [];
      const parser = parserTo(seen);
      expect(parser.feed(bytes.subarray(0, at))).toBeUndefined();
      expect(parser.feed(bytes.subarray(at))).toBeUndefined();
      expect(seen).toEqual(["open", ...whole]);
    }
    for (const byte of bytes) sample.socket.write(Buffer.of(byte));
    await sample.answered(4);
    expect(await on.archive.get(ROOT, a)).toMatchObject({ delivery: "complete", lines: 2 });
  });

  it("acknowledges frames before one that waits for its owner's name, and that one once it is known", async () => {
    let answer: (owner: { name: string; uid: undefined }) => void = () => {};
    const asked = new Promise<{ name: string; uid: undefined }>((resolve) => {
      answer = resolve;
    });
    const on = await startIngestSite({ ownerOf: () => asked });
    const [a, b] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    const sent = relay.send(b.lines(1, ["x"]), a.begin(), a.lines(1, ["1"]), a.end(1));
    await relay.answered(2);
    expect(relay.replies).toHaveLength(2);
    answer({ name: "alice", uid: undefined });
    await sent;
    expect(await on.archive.get(ROOT, a)).toMatchObject({ owner: "alice", delivery: "complete" });
  });
});

const OPEN = "1 open 49 relp_version=0\nrelp_software=test\ncommands=syslog\n";

describe("cuts off a hostile relay with a counter and a log line, undisturbed otherwise", () => {
  it.each([
    ["header", "x".repeat(100)],
    ["header", "1234567890 open 0\n"],
    ["header", `1 ${"c".repeat(40)} 0\n`],
    ["length", "1 open x\n"],
    ["length", "1 open 1234567890 "],
    ["too-long", "1 open 999999999 "],
    ["too-long", "1 open 131073 "],
    ["trailer", "1 open 2 abX"],
    ["not-open", "1 syslog 1 a\n"],
    ["jump", "2 open 1 a\n"],
    ["second-open", `${OPEN}2 open 1 a\n`],
    ["jump", `${OPEN}3 syslog 1 a\n`],
    ["jump", `${OPEN}1 syslog 1 a\n`],
    ["command", `${OPEN}2 starttls 0\n`],
  ])("%s: %j", async (reason, bytes) => {
    const on = await startIngestSite();
    const socket = connect(on.relp.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.end(bytes);
    socket.resume();
    await once(socket, "close");
    expect(await metric(on, "ml_relp_refused_sessions_total", `reason="${reason}"`)).toBe(1);
    expect(on.logLines.join("\n")).toContain(`"reason":"${reason}"`);
    await expectNeighbourServed(on);
  });

  it.each([
    ["open-timeout", ""],
    ["frame-timeout", `${OPEN}2 syslog 5 ab`],
  ])("%s", async (reason, bytes) => {
    let nowMs = 0;
    const on = await startIngestSite({ nowMs: () => Date.now() + nowMs });
    const socket = connect(on.relp.port, "127.0.0.1");
    socket.write(bytes);
    afterwards(() => socket.destroy() && undefined);
    await once(socket, bytes === "" ? "connect" : "data");
    nowMs = 31_000;
    socket.resume();
    await once(socket, "close");
    expect(await metric(on, "ml_relp_refused_sessions_total", `reason="${reason}"`)).toBe(1);
  });

  it("too many connections: drops those beyond the limit, and serves the others", async () => {
    const on = await startIngestSite({ limits: { connections: 2 } });
    const [first, second] = [await openRelay(on), await openRelay(on)];
    const third = connect(on.relp.port, "127.0.0.1");
    third.on("error", () => {});
    await once(third, "close");
    await untilMetric(on, "ml_relp_refused_sessions_total", 1);
    const a = fakeExecution();
    await first.send(a.begin(), a.lines(1, ["1"]));
    await second.send(a.end(1));
    expect(await on.archive.get(ROOT, a)).toMatchObject({ delivery: "complete" });
  });

  it("one that never reads its answers: stops reading from it, in bounded memory", async () => {
    const on = await startIngestSite();
    const client = await openRelay(on);
    client.socket.pause();
    client.socket.write(Buffer.concat(Array.from({ length: 1_000_000 }, () => client.frame("syslog", "x"))));
    // The kernel's buffers fill up with answers, then ours: reading stops, and with it the client's writing.
    let [read, sameFor] = [0, 0];
    await poll("the collector to read no further", async () => {
      const before = read;
      read = await metric(on, "ml_ingest_frames_total");
      sameFor = read === before ? sameFor + 1 : 0;
      return read > 0 && sameFor > 20;
    });
    expect(read).toBeLessThan(1_000_000);
    await expectNeighbourServed(on);
  });
});

describe("acknowledges malformed frames, counts them by reason, and changes nothing", () => {
  const a = fakeExecution();
  const line = a.lines(2, ["two", "three"]);
  it.each([
    ["envelope", "<13>1 - - - - - - hello"],
    ["envelope", "\0\u0001\u00ff"],
    ["envelope", line.replace("mlrun - LINES", "mlrun - OTHER")],
    ["time", line.replace("2026-11-20T", "2026-11-20t")],
    ["time", line.replace("+00:00", "+01:00")],
    ["time", line.replace("+00:00", "")],
    ["structured-data", line.replace('t="lines"', 't="other"')],
    ["structured-data", line.replace(' s="stdout"', "")],
    ["structured-data", line.replace(a.k, a.k.slice(1))],
    ["number", line.replace('n="2"', 'n="9999999999999999"')],
    ["number", line.replace('n="2"', 'n="0"').replace("] 2 ", "] 0 ")],
    ["cut", line.slice(0, -1)],
    ["cut", line.replace("] 2 ", "] 3 ")],
    ["cut", a.beat(1, 7).replace("] 1 ", "] 999 ")],
    ["cut", a.beat(1, 7).replace("] 1 7", "] 1")],
    ["cut", a.end(1).replace("] 1 ", "] 5 ")],
    ["cut", a.end(1).replace("] 1 ", "]  ")],
    ["cut", a.end(1).replace("] 1 ", "] ")],
    ["identity", line.replace(a.x, a.x.toLowerCase())],
    ["identity", line.replace(a.k, `${a.k.slice(1)}!`)],
    ["text", line.replace('c="2"', 'c="3"')],
    ["text", line.replace('c="2"', 'c="1"')],
    ["text", a.lines(2, ["\\"]).replace("\\\\", "\\q")],
    ["text", a.lines(2, ["ab"]).replace(" ab", " \\x").replace('b="2"', 'b="2"')],
    ["text", a.lines(2, ["\u0001"]).replace("\\x01", "\\x0A")],
    ["text", a.lines(2, ["a"]).replace(/a$/, "\n")],
    ["node", line.replace("node1", "../../etc")],
    ["time", relayFrame({ time: "yesterday" })],
    ["relay", relayFrame({ figures: { name: "main Q" } })],
    ["relay", relayFrame({ figures: { size: -1 } })],
    ["relay", relayFrame({}).slice(0, -1)],
    ["begin", a.begin({ v: 2 })],
    ["begin", a.begin({ labels: [] })],
    ["begin", a.begin({ x: "short" })],
  ])("%s: %s", async (reason, message) => {
    const on = await startIngestSite();
    const relay = await openRelay(on);
    await relay.send(a.begin(), a.lines(1, ["one"]), message);
    expect(await metric(on, "ml_ingest_discarded_frames_total", `reason="${reason}"`)).toBe(1);
    expect(await on.archive.get(ROOT, a)).toMatchObject({ lines: 1, lastN: 1 });
  });
});

test("a stopping collector does not wait for a relay that has stopped reading", async () => {
  const on = await startIngestSite();
  const relay = await openRelay(on);
  relay.socket.pause();
  let framesTaken = -1;
  await poll("so many acknowledgements to wait that the collector reads no more", async () => {
    if (relay.socket.writableLength === 0) {
      relay.socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => relay.frame("syslog", ""))));
    }
    const framesTakenNow = await metric(on, "ml_ingest_frames_total");
    const isSteady = framesTakenNow > 0 && framesTakenNow === framesTaken;
    framesTaken = framesTakenNow;
    return isSteady;
  });
  await on.relp.stop();
});

it("shows each node's gate figures while its relay is connected", async () => {
  const on = await startIngestSite();
  const relay = await openRelay(on);
  const status = { connections: 3, refused: 2, ended: 1, waits: 70 };
  await relay.send(gateFrame({ node: "a", status }), gateFrame({ node: "b", status: { ...status, refused: 9 } }));
  for (const [name, value] of Object.entries(status))
    expect(await metric(on, `ml_gate_${name}`, 'node="a"')).toBe(value);
  expect(await metric(on, "ml_gate_refused", 'node="b"')).toBe(9);
  expect(await metric(on, "ml_relay_up", 'node="a"')).toBe(1);
  await relay.send(gateFrame({ node: "a", status: { ...status, refused: -1 } }));
  expect(await metric(on, "ml_ingest_discarded_frames_total", 'reason="relay"')).toBe(1);
});

describe("what relays say of themselves", () => {
  const at = (second: number) => `2026-11-20T04:17:${second}.000000Z`;
  const figure = (on: IngestSite, name: string, node: string) => metric(on, name, `node="${node}"`);

  it("is shown for each node: messages waiting in memory and on disk, and discarded ones", async () => {
    const on = await startIngestSite();
    const relay = await openRelay(on);
    const discards = { "discarded.full": 2, "discarded.nf": 1 };
    await relay.send(
      relayFrame({ node: "a", figures: { size: 8_000 } }),
      relayFrame({ node: "a", onDisk: true, figures: { size: 70_000, ...discards } }),
      relayFrame({ node: "b", figures: { size: 5 } }),
    );
    expect(await figure(on, "ml_relay_queue_frames", "a")).toBe(78_000);
    expect(await figure(on, "ml_relay_discarded_frames", "a")).toBe(3);
    expect(await figure(on, "ml_relay_queue_frames", "b")).toBe(5);
    expect(await metric(on, "ml_ingest_discarded_frames_total")).toBe(0);
  });

  it("is always the newest, in any order of arrival, and expires when the relay stays silent", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ nowMs: () => nowMs });
    const relay = await openRelay(on);
    await relay.send(
      relayFrame({ time: at(20), figures: { size: 2 } }),
      relayFrame({ time: at(10), figures: { size: 9 } }),
    );
    expect(await figure(on, "ml_relay_queue_frames", "node1")).toBe(2);
    nowMs += 601_000;
    expect(await on.metrics.text()).not.toContain('ml_relay_queue_frames{node="node1"}');
  });

  it("disappears once the relay has gone; its absence is shown", async () => {
    let nowMs = Date.now();
    const on = await startIngestSite({ nowMs: () => nowMs });
    const relay = await openRelay(on);
    // A drop-in relay reports no queue figures, and is still shown.
    await relay.send(
      relayFrame({ node: "dedicated", figures: { size: 7 } }),
      fakeExecution({ node: "dropin" }).begin(),
    );
    for (const node of ["dedicated", "dropin"]) expect(await figure(on, "ml_relay_up", node)).toBe(1);
    expect(await figure(on, "ml_relay_queue_frames", "dedicated")).toBe(7);
    relay.destroy();
    await poll("it to have gone", async () => (await metric(on, "ml_relp_connections")) === 0);
    nowMs += 90_000;
    expect(await on.metrics.text()).not.toContain("ml_relay_queue_frames{");
    for (const node of ["dedicated", "dropin"]) {
      expect(await figure(on, "ml_relay_up", node)).toBe(0);
      expect(await figure(on, "ml_relay_last_seen_seconds", node)).toBe(90);
    }
    expect(await on.metrics.text()).toContain('ml_relay_up{node="dedicated"} 0');
  });

  it("is kept for at most 4,096 nodes, the latest", async () => {
    const on = await startIngestSite();
    const nodes = Array.from({ length: 4_100 }, (_, i) => `n${i}`);
    await (await openRelay(on)).send(...nodes.map((node) => relayFrame({ node, figures: { size: 1 } })));
    expect(await metric(on, "ml_relay_queue_frames")).toBe(4_096);
    expect(await figure(on, "ml_relay_queue_frames", "n3")).toBe(0);
    expect(await figure(on, "ml_relay_queue_frames", "n4099")).toBe(1);
  });
});

describe("acknowledgements", () => {
  it("continue after transaction numbers wrap around", () => {
    expect(acknowledgements(2, 4).toString()).toBe(
      "999999998 rsp 6 200 OK\n999999999 rsp 6 200 OK\n1 rsp 6 200 OK\n2 rsp 6 200 OK\n",
    );
  });
});

function parserTo(seen: string[]): RelpParser {
  const handler: RelpHandler = {
    open: () => seen.push("open"),
    message: (data, at, end) => {
      seen.push(data.toString("utf8", at, end));
      return true;
    },
    close: () => seen.push("close"),
  };
  return new RelpParser(handler);
}
