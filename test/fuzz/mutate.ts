import fc from "fast-check";
import type { Random } from "./random.ts";

/** Bytes that parsers look for, and numbers at the edges of their ranges. */
const COMMON = [
  ...' \n\r\t\0"\\[]{}=:,-+#/%\x1b\x7f',
  "0",
  "-1",
  "1e3",
  "0x10",
  "00",
  "999999999",
  "4294967296",
  "9007199254740993",
  "null",
  "\\n",
  "\\x0a",
  "\\x",
  "\u00e9",
  "\u202e",
  "\u{1f600}",
].map((text) => Buffer.from(text));

/** Any JSON value, often one that confuses: edges of numbers, long texts, names that objects have anyway. */
const ANY_JSON: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.nat({ max: 0xffffffff }),
  fc.constantFrom(-1, 0, 0.5, 1e300, 2 ** 53, 2 ** 53 - 1, 4_294_967_295),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.nat({ max: 600 }).map((length) => "x".repeat(length)),
  fc.constantFrom("", "end", "subscribe", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "SIGKILL", "\ud800"),
  fc.dictionary(fc.constantFrom("x", "job", "toString", "__proto__", "valueOf"), fc.nat({ max: 9 })),
);

/** A valid input changed in a few places: bits flipped, pieces removed, doubled or inserted, the end cut off. */
export function mutate(random: Random, valid: Buffer, tokens: readonly Buffer[] = []): Buffer {
  let bytes = valid;
  for (let changes = 1 + random.below(4); changes > 0; changes -= 1) bytes = mutateOnce(random, bytes, tokens);
  return bytes;
}

function mutateOnce(random: Random, bytes: Buffer, tokens: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(12));
  const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(to)];
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([head, middle.map((byte) => byte ^ (1 << random.below(8))), tail]);
    case 1:
      return Buffer.concat([head, tail]);
    case 2:
      return Buffer.concat([head, middle, middle, tail]);
    case 3:
      return head;
    case 4:
      return Buffer.concat([head, random.bytes(8), tail]);
    case 5:
      return Buffer.concat([head, token(random, tokens), tail]);
    default:
      return Buffer.concat([head, token(random, tokens), middle, tail]);
  }
}

function token(random: Random, tokens: readonly Buffer[]): Buffer {
  const from = tokens.length > 0 && random.oneIn(2) ? tokens : COMMON;
  return from[random.below(from.length)] ?? Buffer.alloc(0);
}

/** A JSON value with one member, at any depth, replaced, removed or added. */
export function mutateJson(random: Random, value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && !random.oneIn(3)) {
    const at = random.below(value.length);
    if (random.oneIn(4)) return value.toSpliced(at, 1);
    return value.toSpliced(at, 1, mutateJson(random, value[at]));
  }
  if (typeof value === "object" && value !== null && !random.oneIn(6)) {
    const entries = Object.entries(value);
    const at = random.below(entries.length + 1);
    const [key, member] = entries[at] ?? [random.pick(["x", "__proto__", "", "constructor", "t"]), null];
    if (random.oneIn(6)) return Object.fromEntries(entries.toSpliced(at, 1));
    return Object.fromEntries(entries.toSpliced(at, 1, [key, mutateJson(random, member)]));
  }
  return random.of(ANY_JSON);
}
