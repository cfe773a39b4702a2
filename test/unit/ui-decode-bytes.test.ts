import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, decodeBytes } from "../../ui/src/text/decode-bytes.ts";

/** The inverse, as Python's "surrogateescape" encodes. */
function encode(text: string): number[] {
  return Array.from(text).flatMap((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= 0xdc80 && code <= 0xdcff ? [code - 0xdc00] : [...new TextEncoder().encode(character)];
  });
}

describe("bytes as text", () => {
  test("of every value alone", () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const text = decodeBytes(Uint8Array.of(byte));
      expect(text.charCodeAt(0)).toBe(byte < 0x80 ? byte : 0xdc00 + byte);
    }
  });

  test.each([
    ["UTF-8 of all lengths", "aé€😀"],
    ["a byte order mark", "\ufeffa"],
    ["nothing", ""],
  ])("keeps %s", (_, text) => {
    expect(decodeBytes(new TextEncoder().encode(text))).toBe(text);
  });

  test.each([
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a sequence that breaks off", [0xe2, 0x82]],
    ["a continuation byte alone", [0x80]],
  ])("takes %s apart", (_, bytes) => {
    expect(decodeBytes(Uint8Array.from(bytes))).toBe(String.fromCharCode(...bytes.map((byte) => 0xdc00 + byte)));
  });

  test("loses no byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(encode(decodeBytes(bytes))).toEqual([...bytes]);
      }),
    );
  });

  test("decodes base64; anything else is undefined", () => {
    expect(decodeBase64("YWL/")).toBe("ab\udcff");
    expect(decodeBase64("%")).toBeUndefined();
  });
});
