import assert from "node:assert/strict";
import { RelpParser } from "../../src/ingest/relp/relp-parser.ts";
import { OctetCounting } from "../../src/ingest/syslog/octet-counting.ts";
import { frameAt, printedBytes, wholeFramesEnd } from "../../src/run/spool/frame-scan.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const RELP_TOKENS = [" syslog ", " open ", " close 0\n", "1 open 0\n", " 131073 ", "2 syslog 3 "].map((text) =>
  Buffer.from(text),
);
const MAX_RELP_HEADER_BYTES = 64;
const MAX_OCTETS = 200;

/** A relay's session: the same wherever it is split or paused. */
const relp: FuzzTarget = {
  name: "relp",
  begin: () => (random) => {
    const messages = Array.from({ length: random.below(6) }, () => random.bytes(60));
    const frames = messages.map((message, i) => relpFrame(i + 2, "syslog", message));
    const open = relpFrame(1, "open", Buffer.from("relp_version=0\ncommands=syslog"));
    const valid = Buffer.concat([open, ...frames, relpFrame(messages.length + 2, "close", Buffer.alloc(0))]);
    const isValid = random.oneIn(8);
    const stream = isValid ? valid : random.oneIn(20) ? random.bytes(200) : mutate(random, valid, RELP_TOKENS);
    const whole = relpEvents(stream, [stream.length], () => false);
    const stops = random.oneIn(3) ? 2 : 1_000;
    assert.equal(
      relpEvents(stream, random.cuts(stream.length), () => random.oneIn(stops)),
      whole,
    );
    const told = messages.map((message) => `message ${message.toString("latin1")}\n`).join("");
    if (isValid) assert.equal(whole, `open 1\n${told}close ${messages.length + 2}\nundefined`);
  },
};

function relpFrame(txnr: number, command: string, data: Buffer): Buffer {
  const head = `${txnr} ${command} ${data.length}${data.length === 0 ? "" : " "}`;
  return Buffer.concat([Buffer.from(head), data, Buffer.from("\n")]);
}

function relpEvents(stream: Buffer, cuts: readonly number[], stopsHere: () => boolean): string {
  let events = "";
  let isStopped = false;
  const parser = new RelpParser({
    open: (txnr) => {
      events += `open ${txnr}\n`;
    },
    message: (data, at, end) => {
      events += `message ${data.toString("latin1", at, end)}\n`;
      isStopped = stopsHere();
      return !isStopped;
    },
    close: (txnr) => {
      events += `close ${txnr}\n`;
    },
  });
  let from = 0;
  let fault: string | undefined;
  for (const to of cuts) {
    fault = parser.feed(stream.subarray(from, to)) ?? fault;
    from = to;
    while (isStopped) {
      isStopped = false;
      fault = parser.resume() ?? fault;
    }
    assert.ok(parser.waitingBytes <= WIRE_LIMITS.maxRelpDataBytes + MAX_RELP_HEADER_BYTES + stream.length);
  }
  return `${events}${fault}`;
}

/** Ordinary syslog over TCP, octet-counted: the same wherever it is split. */
const octetCounting: FuzzTarget = {
  name: "octet-counting",
  begin: () => (random) => {
    const messages = Array.from({ length: random.below(6) }, () => random.bytes(60));
    const valid = Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
    const isValid = random.oneIn(8);
    const stream = isValid ? valid : mutate(random, valid);
    const whole = countedMessages(stream, [stream.length]);
    assert.deepEqual(countedMessages(stream, random.cuts(stream.length)), whole);
    if (isValid)
      assert.deepEqual(
        whole.messages,
        messages.map((message) => message.toString("latin1")),
      );
    for (const message of whole.messages) assert.ok(message.length <= MAX_OCTETS);
  },
};

function countedMessages(stream: Buffer, cuts: readonly number[]): { messages: string[]; isGood: boolean } {
  const messages: string[] = [];
  const take = (message: Buffer): void => void messages.push(message.toString("latin1"));
  const counted = new OctetCounting({ maxBytes: MAX_OCTETS, take });
  let from = 0;
  for (const to of cuts) {
    // Nothing is defined after the first error of a stream.
    if (!counted.feed(stream.subarray(from, to))) return { messages, isGood: false };
    from = to;
  }
  return { messages, isGood: true };
}

/** mlrun's spool files: yields whole frames in order, none twice. */
const spool: FuzzTarget = {
  name: "spool",
  begin: () => (random) => {
    const frames = Array.from({ length: random.below(5) }, () => spooledFrame(random));
    const isValid = random.oneIn(8);
    const data = isValid ? Buffer.concat(frames) : mutate(random, Buffer.concat(frames), frames);
    let at = 0;
    for (let frame = frameAt(data, at); frame !== undefined; frame = frameAt(data, at)) {
      assert.ok(frame.from > at && frame.end >= frame.from && frame.end <= data.length);
      at = frame.end;
    }
    assert.equal(wholeFramesEnd(data), at);
    if (isValid) assert.equal(at, data.length);
    const { stdout, stderr } = printedBytes(data);
    assert.ok(stdout >= 0 && stderr >= 0 && stdout + stderr <= 2 * data.length);
  },
};

function spooledFrame(random: Random): Buffer {
  const text = Buffer.from(
    random
      .bytes(40)
      .toString("latin1")
      .replace(/[^ -~]/g, "\\t"),
  );
  const head = `<14>1 T n mlrun 1 LINES [ml@32473 s="stdout" n="7" c="1" b="${text.length}"] 7 `;
  const frame = Buffer.concat([Buffer.from(head), text]);
  return Buffer.concat([Buffer.from(`${frame.length} `), frame]);
}

export const STREAM_TARGETS: readonly FuzzTarget[] = [relp, octetCounting, spool];
