import fc from "fast-check";
import { expect, test } from "vitest";
import { plainEnd } from "../../src/frame/escape.ts";
import { allocateSource } from "../../src/frame/source.ts";
import { INCOMPLETE, utf8Length } from "../../src/frame/utf8.ts";

const SIZE = 64;

test("plainEnd finds the first byte that needs escaping, at every position, alignment and distance", () => {
  const source = allocateSource(SIZE);
  for (let byte = 0; byte < 256; byte += 1) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x23;
    for (let at = 0; at < 24; at += 1) {
      source.bytes.fill("z");
      source.bytes[at] = byte;
      for (let from = 0; from <= 8; from += 1) {
        const expected = plain || at < from ? SIZE : at;
        if (plainEnd(source, from, SIZE) !== expected) throw new Error(`byte ${byte} at ${at} from ${from}`);
        if (from <= at && plainEnd(source, from, at) !== at) throw new Error(`byte ${byte}: looked beyond ${at}`);
      }
    }
  }
});

test("plainEnd agrees with a byte-by-byte scan of any input", () => {
  const nearly = fc.constantFrom(0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x5b, 0x5c, 0x5d, 0x7e, 0x7f, 0x80, 0xff, 0x00);
  const bytes = fc.array(fc.oneof(nearly, fc.constant(0x61)), { minLength: SIZE, maxLength: SIZE });
  fc.assert(
    fc.property(bytes, fc.nat(SIZE), (content, from) => {
      const source = allocateSource(SIZE);
      source.bytes.set(content);
      const needs = (byte: number) => byte < 0x20 || byte >= 0x7f || byte === 0x5c || byte === 0x23;
      const first = content.findIndex((byte, at) => at >= from && needs(byte));
      expect(plainEnd(source, from, SIZE)).toBe(first < 0 ? SIZE : first);
    }),
  );
});

test("utf8Length agrees with TextDecoder on every start of a sequence", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const isValid = (bytes: Uint8Array) => {
    try {
      return [...decoder.decode(bytes)].length === 1;
    } catch {
      return false;
    }
  };
  const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
  const sequence = new Uint8Array(4);
  for (let lead = 0; lead < 256; lead += 1) {
    for (const second of edges) {
      for (const third of edges) {
        for (const fourth of edges) {
          sequence.set([lead, second, third, fourth]);
          const length = [1, 2, 3, 4].find((bytes) => isValid(sequence.subarray(0, bytes))) ?? 0;
          if (utf8Length(sequence, 0, 4) !== length) throw new Error(`${sequence} is not ${length} long`);
        }
      }
    }
  }
});

test.each([
  [[0xc3], INCOMPLETE],
  [[0xe2, 0x82], INCOMPLETE],
  [[0xf0, 0x9d, 0x84], INCOMPLETE],
  [[0xe0, 0x80], 0],
  [[0xf4, 0x90], 0],
  [[0xff], 0],
])("utf8Length of %j, and nothing more, is %i", (bytes, length) => {
  expect(utf8Length(Uint8Array.from(bytes), 0, bytes.length)).toBe(length);
});
