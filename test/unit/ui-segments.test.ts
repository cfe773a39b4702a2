import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PLAIN, RGB, type Style } from "../../src/text/screen/style.ts";
import { decodeBytes } from "../../ui/src/text/decode-bytes.ts";
import { plainText, segmentsOf } from "../../ui/src/text/segments.ts";

const ESC = "\x1b";

function styled(changes: Partial<Style>): Style {
  return { ...PLAIN, ...changes };
}

describe("colours and attributes of SGR", () => {
  const cases: [name: string, parameters: string, style: Style][] = [
    ["a colour", "31", styled({ foreground: 1 })],
    ["a bright colour", "97", styled({ foreground: 15 })],
    ["a background", "44", styled({ background: 4 })],
    ["a bright background", "101", styled({ background: 9 })],
    ["one of 256", "38;5;208", styled({ foreground: 208 })],
    ["one of 256, with colons", "48:5:17", styled({ background: 17 })],
    ["truecolor", "38;2;1;2;3", styled({ foreground: RGB + 0x010203 })],
    ["truecolor, then bold", "38;2;1;2;3;1", styled({ foreground: RGB + 0x010203, bold: true })],
    ["truecolor with colons", "38:2:255:0:10", styled({ foreground: RGB + 0xff000a })],
    ["truecolor with colons and a colour space", "38:2::255:0:10", styled({ foreground: RGB + 0xff000a })],
    [
      "all attributes",
      "1;2;3;4;7;9",
      styled({ bold: true, dim: true, italic: true, underline: true, inverse: true, strike: true }),
    ],
    ["a curly underline", "4:3", styled({ underline: true })],
    ["no underline by variant", "4;4:0", PLAIN],
    ["nothing: a reset", "1;31;", PLAIN],
    ["no parameters: a reset", "", PLAIN],
    ["bold and dim off", "1;2;3;22", styled({ italic: true })],
    ["colours off", "31;42;39;49", PLAIN],
    ["values out of range", "38;5;256", PLAIN],
    ["truecolor out of range", "38;2;300;0;0", PLAIN],
    ["unknown ones", "1;73;999", styled({ bold: true })],
    ["conceal, which is shown all the same", "8", styled({ hidden: true })],
  ];
  test.each(cases)("%s", (_, parameters, style) => {
    expect(segmentsOf(`${ESC}[${parameters}mx`)).toEqual([{ text: "x", style }]);
  });

  test("last until they are changed", () => {
    expect(segmentsOf(`a${ESC}[1mb${ESC}[31mc${ESC}[0md`)).toEqual([
      { text: "a", style: PLAIN },
      { text: "b", style: styled({ bold: true }) },
      { text: "c", style: styled({ bold: true, foreground: 1 }) },
      { text: "d", style: PLAIN },
    ]);
  });
});

describe("other control sequences are taken out", () => {
  test.each([
    ["cursor movement", `${ESC}[2K${ESC}[1Ax${ESC}[10;20H`],
    ["private modes", `${ESC}[?25lx${ESC}[?25h`],
    ["SGR-like with a private prefix", `${ESC}[>4;1mx`],
    ["with intermediates", `${ESC}[0 qx`],
    ["a title, ended by BEL", `${ESC}]0;evil title\x07x`],
    ["a title, ended by ST", `${ESC}]0;evil title${ESC}\\x`],
    ["DCS", `${ESC}P1$r0m${ESC}\\x`],
    ["APC, PM and SOS", `${ESC}_a${ESC}\\${ESC}^b${ESC}\\${ESC}Xc${ESC}\\x`],
    ["as C1 characters", "\u009b31mx\u009b0m\u009d0;t\u009c"],
    ["character sets and short ones", `${ESC}(B${ESC}=${ESC}7x${ESC}8`],
  ])("%s", (_, text) => {
    expect(plainText(text)).toBe("x");
  });

  test.each([
    ["an unterminated title hides nothing", `${ESC}]0;t then text`, "^[]0;t then text"],
    ["a string broken by another sequence", `${ESC}]0;t${ESC}[31m red`, "^[]0;t red"],
    ["half a sequence", `x${ESC}[31`, "x^[[31"],
    ["ESC alone", `x${ESC}`, "x^["],
  ])("but %s", (_, text, shown) => {
    expect(plainText(text)).toBe(shown);
  });

  test("removes only whole sequences, wherever a line is cut", () => {
    const line = `a${ESC}[1;31mb${ESC}]0;t\x07c`;
    for (let cut = 0; cut <= line.length; cut += 1) {
      const shown = plainText(line.slice(0, cut)) + plainText(line.slice(cut));
      expect(shown.replace(/[^abc]/g, "")).toBe("abc");
    }
  });
});

describe("shows invisible characters", () => {
  test.each([
    ["NUL and BEL", "\x00\x07", "^@^G"],
    ["DEL", "\x7f", "^?"],
    ["a tab stays", "a\tb", "a\tb"],
    ["CR is left out", "\rabc\r", "abc"],
    ["C1", "\u0085", "\\u0085"],
    ["bidi controls", "\u202eevil\u2066", "\\u202Eevil\\u2066"],
    ["byte order mark, zero width space", "\ufeff\u200b", "\\uFEFF\\u200B"],
    ["line separator", "\u2028", "\\u2028"],
    ["tag characters", "\u{e0041}", "\\u{E0041}"],
    ["emoji with joiners stay", "👩‍💻", "👩‍💻"],
    ["bytes that are not UTF-8", decodeBytes(Uint8Array.of(0x61, 0xff, 0x80)), "a\\xFF\\x80"],
    ["lone surrogates", "\ud800", "\\uD800"],
  ])("%s", (_, text, shown) => {
    expect(plainText(text)).toBe(shown);
  });

  test("with a name for the tooltip", () => {
    expect(segmentsOf("a\u202e")[1]).toEqual({ text: "\\u202E", control: "U+202E", style: PLAIN });
  });
});

test("never fails, and shows no control character but the tab", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(plainText(text)).not.toMatch(/[^\P{Cc}\t]/u);
    }),
  );
});
