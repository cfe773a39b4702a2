import { beforeAll, describe, expect, test } from "vitest";
import { beginMessage, beginText, counted, lineFrame, NAME, nameOf } from "../support/gate-messages.ts";
import { type GateParsers, gateParsers } from "../support/gate-parsers.ts";

const { x, k } = NAME;
const MAX_JSON_BYTES = 7_500;
const MAX_FRAME_BYTES = 7_680;
const BAD_COUNT = -1;
const FOREIGN = -2;

let parsers: GateParsers;
beforeAll(async () => {
  parsers = await gateParsers();
});

describe("BEGIN", () => {
  test("is recognised when whole, wherever it is split and whatever follows", async () => {
    const json = beginText(NAME);
    const begin = beginMessage(NAME, json);
    const stream = Buffer.concat([begin, lineFrame(NAME, 1)]);
    const whole = `whole ${begin.length - json.length} ${json.length} " x="${x}" k="${k}"`;
    for (let length = 0; length <= stream.length; length += 1) {
      expect([length, await parsers.begin(stream.subarray(0, length))]).toEqual([
        length,
        length < begin.length ? "more" : whole,
      ]);
    }
  });

  test.each([
    ["another letter", `b ${x} ${k} 2\n`],
    ["a frame at once", "180 <14>1 2026"],
    ["a small letter in x", `B ${x.toLowerCase()} ${k} 2\n`],
    ["a letter that ULIDs lack", `B ${x.replace("R", "U")} ${k} 2\n`],
    ["an x beyond 128 bits", `B 8${x.slice(1)} ${k} 2\n`],
    ["an x that is too short", `B ${x.slice(1)} ${k} 2\n`],
    ["a k with another character", `B ${x} ${k.replace("-", "+")} 2\n`],
    ["a k that is too long", `B ${x} ${k}k 2\n`],
    ["no length", `B ${x} ${k} \n`],
    ["a length with a sign", `B ${x} ${k} -1\n`],
    ["a length that begins with 0", `B ${x} ${k} 02\n`],
    ["a length of five digits", `B ${x} ${k} 10000\n`],
    ["more JSON than allowed", `B ${x} ${k} ${MAX_JSON_BYTES + 1}\n`],
    ["NUL for a space", `B ${x}\0${k} 2\n`],
  ])("is refused with %s", async (_, head) => {
    expect(await parsers.begin(Buffer.from(head))).toBe("bad head");
  });

  test("may have JSON up to the limit", async () => {
    const short = beginText(NAME, { cwd: "" });
    const json = beginText(NAME, { cwd: "x".repeat(MAX_JSON_BYTES - short.length) });
    expect(await parsers.begin(beginMessage(NAME, json))).toMatch(/^whole 57 7500 /);
  });

  const members = `"v":1,"x":"${x}","k":"${k}"`;
  test.each([
    ["in any order, with spaces", `{ "k" : "${k}" , "x" : "${x}" }`],
    ["with every kind of value", `{${members},"a":[1,-0.5e+10,0,true,false,null,"\\"\\u00e9\\n",[],{}],"b":{"x":"y"}}`],
    ["with octets beyond ASCII", `{${members},"cwd":"/\u00e4\u{1f600}"}`],
  ])("passes %s", async (_, json) => {
    expect(() => JSON.parse(json)).not.toThrow();
    expect(await parsers.begin(beginMessage(NAME, json))).toMatch(/^whole /);
  });

  test.each([
    ["no object", `["x","${x}"]`],
    ["nothing in it", "{}"],
    ["no k", `{"x":"${x}"}`],
    ["another x than the head's", beginText({ x: nameOf(1).x, k })],
    ["another k than the head's", beginText({ x, k: nameOf(1).k })],
    ["a second x", `{${members},"x":"${nameOf(1).x}"}`],
    ["a second x, escaped", `{${members},"\\u0078":"${nameOf(1).x}"}`],
    ["an escape in x's value", `{"x":"\\u0030${x.slice(1)}","k":"${k}"}`],
    ["a line feed between members", `{${members},\n"a":1}`],
    ["a line feed in a string", `{${members},"a":"\n"}`],
    ["NUL in a string", `{${members},"a":"\0"}`],
    ["text behind it", `{${members}} `],
    ["two objects", `{${members}}{}`],
    ["no end", `{${members}`],
    ["a comma too many", `{${members},}`],
    ["a string without its end", `{${members},"a":"}`],
    ["an unknown escape", `{${members},"a":"\\x41"}`],
    ["half of an escape", `{${members},"a":"\\u00"}`],
    ["a number that begins with 0", `{${members},"a":01}`],
    ["a number that ends with a point", `{${members},"a":1.}`],
    ["an unknown word", `{${members},"a":nul}`],
    ["arrays in arrays in arrays", `{${members},"a":[[[[]]]]}`],
  ])("is refused with %s", async (_, json) => {
    expect(await parsers.begin(beginMessage(NAME, json))).toBe("bad json");
  });
});

describe("frames", () => {
  test("pass when whole, wherever they are split", async () => {
    const frames = [lineFrame(NAME, 1), lineFrame(NAME, 2, "x".repeat(2_000)), lineFrame(NAME, 3)];
    const ends = frames.map((_, i) => Buffer.concat(frames.slice(0, i + 1)).length);
    const stream = Buffer.concat(frames);
    for (let length = 0; length <= stream.length; length += 1) {
      const whole = Math.max(0, ...ends.filter((end) => end <= length));
      expect([length, await parsers.frames(NAME, stream.subarray(0, length))]).toEqual([length, whole]);
    }
  });

  const frame = lineFrame(NAME, 1).toString();
  const payload = frame.slice(frame.indexOf(" ") + 1);
  test.each([
    ["lines", payload],
    ["a beat", payload.replace('t="lines"', 't="beat"')],
    ["an end", payload.replace('t="lines"', 't="end"')],
    ["the longest frame", payload + "x".repeat(MAX_FRAME_BYTES - payload.length)],
  ])("pass: %s", async (_, passes) => {
    const bytes = counted(passes);
    expect(await parsers.frames(NAME, bytes)).toBe(bytes.length);
  });

  test.each([
    ["another x", payload.replace(x, nameOf(1).x)],
    ["another k", payload.replace(k, nameOf(1).k)],
    ["x and k in the text only", payload.replace(x, nameOf(1).x) + payload],
    ["another structured data element first", payload.replace("[ml@", "[a@1][ml@")],
    ["another version", payload.replace('v="1"', 'v="2"')],
    ["an unknown type", payload.replace('t="lines"', 't="begin"')],
    ["an envelope", payload.replace("<14>", "<134>")],
    ["another program", payload.replace("mlrun", "logger")],
    ["another MSGID", payload.replace("LINES", "BEGIN")],
    ["no time", payload.replace("2026-11-20T04:17:44.960662Z", "")],
    ["nothing but a priority", "<14>1 "],
    ["its name cut off", payload.slice(0, payload.indexOf(k) + k.length)],
  ])("end the connection with %s", async (_, foreign) => {
    expect(await parsers.frames(NAME, Buffer.concat([lineFrame(NAME, 1), counted(foreign)]))).toBe(FOREIGN);
  });

  test.each([
    ["no count", "<14>1 "],
    ["a count of 0", "0 "],
    ["a count that begins with 0", `0${frame}`],
    ["a count with a sign", `+${frame}`],
    ["nothing before the space", ` ${payload}`],
    ["a count above the bound", `${MAX_FRAME_BYTES + 1} `],
    ["a count without end", "11111"],
  ])("end the connection with %s", async (_, bytes) => {
    expect(await parsers.frames(NAME, Buffer.from(bytes))).toBe(BAD_COUNT);
  });
});

describe("/etc/subuid: uids of a range have one share, any other has its own", () => {
  const subuid = "alice:100000:65536\n\nbob:165536:65536\n# a comment: 7:9\n1003:4294901760:65535\nlast:300000:1";
  test.each([
    [1_000, 1_000],
    [99_999, 99_999],
    [100_000, 100_000],
    [165_535, 100_000],
    [165_536, 165_536],
    [231_071, 165_536],
    [231_072, 231_072],
    [300_000, 300_000],
    [300_001, 300_001],
    [4_294_967_294, 4_294_901_760],
    [8, 8],
  ])("%i counts as %i", async (uid, share) => {
    expect(await parsers.shareOf(uid, subuid)).toBe(share);
  });

  test.each([
    "alice:0",
    "alice:0:",
    "alice::9",
    ":",
    "",
    "alice:0:9:",
    "alice:-1:9",
    "alice:0:4294967296",
    "alice 0 9",
  ])("%s is no range", async (line) => {
    expect(await parsers.shareOf(5, `${line}\n`)).toBe(5);
    expect(await parsers.shareOf(5, `${line}\nbob:5:9\n`)).toBe(5);
    expect(await parsers.shareOf(6, `${line}\nbob:5:9`)).toBe(5);
  });
});
