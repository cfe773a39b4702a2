import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameEncoder } from "../../src/frame/encode.ts";
import { createEnvelopeView, parseEnvelope } from "../../src/frame/envelope.ts";
import { allocateSource } from "../../src/frame/source.ts";
import { criBytesAtMost, writeCriLines } from "../../src/frame/unescape.ts";
import { parseEnd } from "../../src/wire/end.ts";
import { WIRE_LIMITS } from "../../src/wire/limits.ts";
import { type Frame, linesOf, octetCounted, parseFrame, printedBy } from "../support/frames.ts";

const IDENTITY = { x: "01JCABCDEFGHJKMNPQRSTVWXYZ", key: "abcdefghijklmnopqrst-_", node: "node1", pid: 4711 };
const TIME = "2026-11-20T04:17:44.960662Z";
const ALL_BYTES = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte));

interface Encoded {
  readonly payloads: Buffer[];
  readonly frames: Frame[];
}

/** Encodes several reads, each joined to the remainder of the one before, as mlrun does. */
function encode(reads: readonly Buffer[], options = { oneLineFrames: false }): Encoded {
  const encoder = new FrameEncoder(IDENTITY, options);
  encoder.setTime(TIME);
  const stream: Buffer[] = [];
  let left = Buffer.alloc(0);
  for (const [index, read] of reads.entries()) {
    const bytes = Buffer.concat([left, read]);
    const source = allocateSource((bytes.length + 3) & ~3);
    bytes.copy(source.bytes);
    const take = index === reads.length - 1 ? "final" : "lines";
    let from = 0;
    for (;;) {
      const target = Buffer.alloc(WIRE_LIMITS.maxFrameBytes);
      const end = encoder.encodeLines({ stream: "stdout", source, from, to: bytes.length, take }, target, 0);
      if (end === 0) break;
      stream.push(target.subarray(0, end));
      from = encoder.consumed;
    }
    left = bytes.subarray(from);
  }
  expect(left).toHaveLength(0);
  const payloads = octetCounted(Buffer.concat(stream));
  return { payloads, frames: payloads.map(parseFrame) };
}

function roundTrip(reads: readonly Buffer[], options = { oneLineFrames: false }): Frame[] {
  const { frames } = encode(reads, options);
  expect(printedBy(frames, "stdout")).toEqual(Buffer.concat(reads));
  return frames;
}

/** The frame's text for one line. */
function textOf(line: string | Buffer): string {
  const frames = roundTrip([Buffer.concat([Buffer.from(line), Buffer.from("\n")])]);
  expect(frames).toHaveLength(1);
  return Buffer.from(frames[0]?.text ?? "", "latin1").toString();
}

describe("the encoding", () => {
  test.each([
    ["plain", "plain"],
    ["", ""],
    ["C:\\new\ttab", "C:\\\\new\\ttab"],
    [" leading", "\\x20leading"],
    ["trailing ", "trailing\\x20"],
    [" ", "\\x20"],
    ["  ", "\\x20\\x20"],
    ["   ", "\\x20 \\x20"],
    ["#012 #01 #089 ##777#", "\\x23012 #01 #089 #\\x23777#"],
    ["\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
    ["windows\r", "windows\\x0d"],
    ["\0\x7f", "\\x00\\x7f"],
    ["grün €𝄞", "grün €𝄞"],
    ["\u0085\u061c\u200e\u200f", "\\xc2\\x85\\xd8\\x9c\\xe2\\x80\\x8e\\xe2\\x80\\x8f"],
    ["\u2027\u2028\u2029\u202f", "\u2027\\xe2\\x80\\xa8\\xe2\\x80\\xa9\u202f"],
    ["\u202a\u202e", "\\xe2\\x80\\xaa\\xe2\\x80\\xae"],
    ["\u2065\u2066\u2069\u206a", "\u2065\\xe2\\x81\\xa6\\xe2\\x81\\xa9\u206a"],
    ["\ufeffbom", "\\xef\\xbb\\xbfbom"],
  ])("of %j is %j", (line, text) => {
    expect(textOf(line)).toBe(text);
  });

  test.each([
    ["a lone continuation", [0x80], "\\x80"],
    ["an overlong slash", [0xc0, 0xaf], "\\xc0\\xaf"],
    ["an overlong three", [0xe0, 0x9f, 0xbf], "\\xe0\\x9f\\xbf"],
    ["a surrogate", [0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"],
    ["a character cut by the newline", [0xe2, 0x82], "\\xe2\\x82"],
    ["a character cut by another", [0xe2, 0xc3, 0xa4], "\\xe2ä"],
  ])("escapes %s byte by byte", (_, bytes, text) => {
    expect(textOf(Buffer.from(bytes))).toBe(text);
  });

  test("gives back all 256 bytes, in every pair", () => {
    const pairs: Buffer[] = [];
    for (const first of ALL_BYTES) for (const second of ALL_BYTES) pairs.push(Buffer.from([first, second]));
    roundTrip([Buffer.concat(pairs)]);
    roundTrip([Buffer.concat(pairs)], { oneLineFrames: true });
  });

  test("gives back random bytes, however the reads split them", () => {
    const nasty = fc.constantFrom(...ALL_BYTES, 0x0a, 0x0a, 0x0d, 0x20, 0x23, 0x5c, 0x30, 0x37, 0xe2, 0x80, 0xa8);
    const read = fc.array(nasty, { maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.array(read, { maxLength: 8 }),
        fc.boolean(),
        (reads, oneLineFrames) => void roundTrip(reads, { oneLineFrames }),
      ),
    );
  });

  test("gives the same lines wherever a read is split", () => {
    const printed = Buffer.from("one\ntwö #012\r\n\n  € 𝄞\u2028\nlast without newline\xff", "utf8");
    const whole = roundTrip([printed]).flatMap(linesOf);
    for (let at = 0; at <= printed.length; at += 1) {
      expect(roundTrip([printed.subarray(0, at), printed.subarray(at)]).flatMap(linesOf)).toEqual(whole);
    }
  });

  test("sends nothing that a relay, a terminal or a reader would act on", () => {
    const everything = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join("");
    const { payloads } = encode([Buffer.from(everything), ALL_BYTES, Buffer.from("\ufeff")]);
    const travelling = payloads.map((payload) => payload.toString()).join("");
    expect([...travelling].filter((character) => isUnsafe(character.codePointAt(0) ?? 0))).toEqual([]);
  });
});

describe("a frame", () => {
  test("packs the lines of one read, as many as fit", () => {
    const line = `${"x".repeat(99)}\n`;
    const frames = roundTrip([Buffer.from(line.repeat(1_000))]);
    expect(frames.slice(0, -1).every(({ count }) => count > 60)).toBe(true);
    expect(frames.map(({ n }) => n)).toEqual(frames.map((_, index) => 1 + index * (frames[0]?.count ?? 0)));
  });

  test("holds one line if the site asks for it", () => {
    const frames = roundTrip([Buffer.from("a\nb\n\nc")], { oneLineFrames: true });
    expect(frames.map(({ n, count, fragment, text }) => [n, count, fragment, text])).toEqual([
      [1, 1, false, "a"],
      [2, 1, false, "b"],
      [3, 1, false, ""],
      [4, 1, true, "c"],
    ]);
  });

  test.each([
    ["plain", "x"],
    ["four octets for one byte", "\x01"],
    ["pairs", "\\"],
    ["three-byte characters", "€"],
    ["twelve octets for one character", "\u2028"],
    ["spaces", " "],
    ["newlines", "\n"],
  ])("stays below its limit and cuts no character and no escape: %s", (_, character) => {
    const printed = Buffer.from(character.repeat(20_000));
    const { payloads, frames } = encode([printed]);
    expect(printedBy(frames, "stdout")).toEqual(printed);
    for (const payload of payloads) expect(payload.length).toBeLessThan(WIRE_LIMITS.maxFrameBytes);
    // Whole characters in each piece: none was cut.
    for (const line of frames.flatMap(linesOf)) expect(line.toString()).not.toContain("\ufffd");
    // No frame is much smaller than it could be.
    for (const payload of payloads.slice(0, -1))
      expect(payload.length).toBeGreaterThan(WIRE_LIMITS.maxFrameBytes - 150);
  });

  test("keeps lines of any length, whole or in fragments, also after others", () => {
    const lengths = Array.from({ length: 60 }, (_, index) => index * 173);
    const printed = lengths.map((length) => "y".repeat(length)).join("\n");
    const frames = roundTrip([Buffer.from(printed)]);
    const cut = frames.filter(({ fragment }) => fragment).length;
    // Longer than about 7,400 octets: the last 17, and the one without a newline.
    expect(cut).toBeGreaterThanOrEqual(17);
    expect(cut).toBeLessThanOrEqual(20);
  });

  test("is accepted by the collector", () => {
    const view = createEnvelopeView();
    const texts = ["plain\n", " a \\ #012 \xff\n\n", "no newline"];
    const { payloads } = encode(texts.map((text) => Buffer.from(text, "latin1")));
    const out: Buffer[] = [];
    for (const payload of payloads) {
      const envelope = Buffer.from(
        payload
          .toString("latin1")
          .replace("<14>1", "<134>1")
          .replace(/mlrun \d+/, "mlrun -"),
        "latin1",
      );
      expect(parseEnvelope(envelope, 0, envelope.length, view)).toBeUndefined();
      const { textAt, textEnd, count, fragment } = view;
      const target = Buffer.alloc(criBytesAtMost({ textAt, textEnd, count }, 2));
      target.write("F ");
      const end = writeCriLines(target, 0, 2, { data: envelope, textAt, textEnd, count, fragment });
      out.push(target.subarray(0, end));
    }
    expect(Buffer.concat(out).toString("latin1")).toBe("F plain\nF  a \\ #012 \xff\nF \nP no newline\n");
  });
});

describe("what has no newline yet", () => {
  const source = allocateSource(16);
  const target = Buffer.alloc(WIRE_LIMITS.maxFrameBytes);
  const printed = (take: "lines" | "fragment" | "final") => ({
    stream: "stderr" as const,
    source,
    from: 0,
    to: 5,
    take,
  });
  test("waits, leaves as a fragment of whole characters, or leaves to the last byte", () => {
    source.bytes.write("abc\xe2\x82", "latin1");
    const encoder = new FrameEncoder(IDENTITY, { oneLineFrames: false });
    expect(encoder.encodeLines(printed("lines"), target, 0)).toBe(0);
    expect(encoder.consumed).toBe(0);
    expect(encoder.encodeLines(printed("fragment"), target, 0)).toBeGreaterThan(0);
    expect(encoder.consumed).toBe(3);
    expect(encoder.encodeLines({ ...printed("fragment"), from: 3 }, target, 0)).toBe(0);
    const end = encoder.encodeLines({ ...printed("final"), from: 3 }, target, 0);
    const [payload = Buffer.alloc(0)] = octetCounted(target.subarray(0, end));
    encoder.setTime(TIME);
    expect(payload.toString("latin1")).toMatch(/ n="2" c="1" b="8" f="1"\] 2 \\xe2\\x82$/);
    expect(encoder.lines).toEqual({ stdout: 0, stderr: 2 });
  });
});

describe("frames other than lines", () => {
  const encoder = new FrameEncoder(IDENTITY, { oneLineFrames: false });
  encoder.setTime(TIME);

  test("a beat carries n, and its text differs each time", () => {
    const [payload = Buffer.alloc(0)] = octetCounted(
      encoder.encodeBeat({ number: 3, idleMs: 120, cpuMs: 40, mayBuffer: false, exit: undefined }),
    );
    expect(payload.toString()).toBe(
      `<14>1 ${TIME} node1 mlrun 4711 LINES [ml@32473 v="1" t="beat" x="${IDENTITY.x}" k="${IDENTITY.key}" n="0" idle_ms="120" cpu_ms="40"] 0 3`,
    );
  });

  test("END carries its JSON", () => {
    const none = { stdout: 0, stderr: 0 };
    const end = {
      code: 3,
      signal: null,
      endedAt: TIME,
      lines: none,
      printed: none,
      thinned: none,
      dropped: none,
      cutShort: true,
    };
    const [payload = Buffer.alloc(0)] = octetCounted(encoder.encodeEnd(end));
    const frame = parseFrame(payload);
    expect(frame).toMatchObject({ type: "end", n: 0 });
    expect(parseEnd(frame.text)).toEqual(end);
  });
});

function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    [0x61c, 0x200e, 0x200f, 0xfeff, 0xfffd].includes(code) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}
