import assert from "node:assert/strict";
import { asRecord, parseJson } from "../../src/wire/record.ts";
import { beginMessage, beginText, lineFrame, NAME } from "../support/gate-messages.ts";
import { type GateParsers, gateParsers } from "../support/gate-parsers.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const { x, k } = NAME;
const BEGIN_TOKENS = buffers([`"x":"${x}"`, `,"k":"${k}"`, "\\u0078", '"x"', "[[", "}}", ":1,", "B ", "7501"]);
const FRAME_TOKENS = [
  ...buffers(["<14>1 ", "mlrun ", 'LINES [ml@32473 v="1" t="', "7680 ", "7681 ", '" x="']),
  lineFrame(NAME, 9),
];
const FRAME = new RegExp(
  `^<14>1 [^ ]+ [^ ]+ mlrun [^ ]+ LINES \\[ml@32473 v="1" t="(lines|beat|end)" x="${x}" k="${k}"`,
);
const SPACE = 0x20;

/** The gate, compiled with sanitizers: passes only valid BEGINs, and only frames of their execution. */
const gate: FuzzTarget = {
  name: "gate",
  isSlow: true,
  begin: async () => {
    const parsers = await gateParsers();
    return (random) => (random.oneIn(2) ? checkBegin(parsers, random) : checkFrames(parsers, random));
  },
};

async function checkBegin(parsers: GateParsers, random: Random): Promise<void> {
  const json = beginText(NAME, { cwd: random.bytes(60).toString("latin1"), labels: { x: [random.next(), null] } });
  const valid = Buffer.concat([beginMessage(NAME, json), random.oneIn(2) ? lineFrame(NAME, 1) : Buffer.alloc(0)]);
  const isValid = random.oneIn(6);
  const bytes = isValid ? valid : mutate(random, valid, BEGIN_TOKENS);
  const verdict = await parsers.begin(bytes);
  const [word, headBytes, jsonBytes] = verdict.split(" ");
  assert.ok(!isValid || word === "whole");
  const end = Number(headBytes) + Number(jsonBytes);
  const cut = random.below(bytes.length + 1);
  const early = await parsers.begin(bytes.subarray(0, cut));
  if (word !== "whole") return assert.ok(early === verdict || early === "more");
  assert.equal(early, cut < end ? "more" : verdict);
  const text = bytes.subarray(Number(headBytes), end);
  assert.ok(text.every((byte) => byte >= SPACE));
  const parsed = asRecord(parseJson(text.toString()));
  assert.deepEqual([parsed?.["x"], parsed?.["k"]], [x, k]);
}

async function checkFrames(parsers: GateParsers, random: Random): Promise<void> {
  const frames = Array.from({ length: random.below(5) }, (_, i) => lineFrame(NAME, i, "x".repeat(random.below(90))));
  const valid = Buffer.concat(frames);
  const isValid = random.oneIn(6);
  const bytes = isValid ? valid : mutate(random, valid, FRAME_TOKENS);
  const whole = await parsers.frames(NAME, bytes);
  if (isValid) assert.equal(whole, bytes.length);
  const cut = random.below(bytes.length + 1);
  const early = await parsers.frames(NAME, bytes.subarray(0, cut));
  // An error may show only at the end.
  if (early < 0) return assert.equal(whole, early);
  assert.equal(await parsers.frames(NAME, bytes.subarray(early)), whole < 0 ? whole : whole - early);
  assert.equal(early, framesEnd(bytes.subarray(0, cut)));
}

/** The end of the last whole frame. Throws when a frame belongs to another execution. */
function framesEnd(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const [, count = ""] = /^([1-9]\d*) /.exec(bytes.toString("latin1", at, at + 6)) ?? [];
    const from = at + count.length + 1;
    const end = from + Number(count);
    if (count === "" || end > bytes.length) return at;
    assert.match(bytes.toString("latin1", from, end), FRAME);
    at = end;
  }
}

function buffers(texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text));
}

export const GATE_TARGETS: readonly FuzzTarget[] = [gate];
