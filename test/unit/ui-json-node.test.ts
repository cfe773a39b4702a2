import { describe, expect, test } from "vitest";
import { parseQuery } from "../../src/text/query/parse-query.ts";
import { withText } from "../../ui/src/log/json/json-filter.ts";
import { type JsonNode, jsonNode } from "../../ui/src/log/json/json-node.ts";

function sourcesOf(node: JsonNode | undefined): string[] {
  if (node === undefined) return [];
  return node.children === undefined ? [node.source] : node.children.flatMap(sourcesOf);
}

describe("the tree of a JSON line", () => {
  test.each([
    ["spaces as they are", '{"level": "error", "n" : 1}', ['"level": "error"', '"n" : 1']],
    ["numbers with their digits", '{"id":12345678901234567890,"x":1.0}', ['"id":12345678901234567890', '"x":1.0']],
    ["equal keys", '{"a":1,"a":2}', ['"a":1', '"a":2']],
    ["lists and objects", '{"a":[1,{"b":null}],"c":{"d":true}}', ["1", '"b":null', '"d":true']],
    ["quotes, colons and braces in texts", '{"a\\"}:":"\\\\","b":"{,"}', ['"a\\"}:":"\\\\"', '"b":"{,"']],
  ])("keeps %s", (_, text, sources) => {
    expect(sourcesOf(jsonNode(text))).toEqual(sources);
  });

  test("has the line's values, and of a branch all of its text", () => {
    const text = ' {"a": {"b": [1, 2]}, "e": {}, "c": "x"} ';
    const root = jsonNode(text);
    expect(root?.children?.map(({ key, text: value }) => [key, value])).toEqual([
      ["a", '{"b": [1, 2]}'],
      ["e", "{}"],
      ["c", '"x"'],
    ]);
    expect(JSON.parse(root?.text ?? "")).toEqual(JSON.parse(text));
  });

  test("does not overflow the stack on a line of nothing but depth", () => {
    const depth = 30_000;
    expect(jsonNode(`{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`)?.children).toHaveLength(1);
  });
});

describe("a value in the filter", () => {
  test("is one more text that a line must have, once", () => {
    const q = withText("level:warn epoch", '"msg":"a \\"b\\""');
    expect(parseQuery(q).terms.map(({ text }) => text)).toEqual(["epoch", '"msg":"a \\"b\\""']);
    expect(parseQuery(q).fields).toEqual({ level: "warn" });
    expect(withText(q, '"msg":"a \\"b\\""')).toBe(q);
  });

  test("of more than 200 characters is asked for by its beginning", () => {
    const text = `"a":"${"x".repeat(194)}😀"`;
    expect(parseQuery(withText("", text)).terms.map((term) => term.text)).toEqual([text.slice(0, 199)]);
  });
});
