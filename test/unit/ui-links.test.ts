import { describe, expect, test } from "vitest";
import { linkSegments } from "../../ui/src/text/links.ts";
import { segmentsOf } from "../../ui/src/text/segments.ts";
import { markMatches } from "../../ui/src/text/text-matches.ts";

function linksIn(text: string): (string | undefined)[][] {
  return linkSegments(markMatches(segmentsOf(text), []))
    .filter(({ href }) => href !== undefined)
    .map((segment) => [segment.text, segment.href]);
}

const link = (target: string): string => `\x1b]8;;${target}\x1b\\text\x1b]8;;\x1b\\`;

describe("links in a log", () => {
  test.each([
    ["see https://example.org/a?b=c#d.", [["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"]]],
    ["(http://a.b/c_(d))", [["http://a.b/c_(d)", "http://a.b/c_(d)"]]],
    [
      "<https://a.b>, https://c.d!",
      [
        ["https://a.b", "https://a.b/"],
        ["https://c.d", "https://c.d/"],
      ],
    ],
    [link("https://a.b/c"), [["text", "https://a.b/c"]]],
  ])("%j", (text, links) => {
    expect(linksIn(text)).toEqual(links);
  });

  test.each([
    "javascript://a%0aalert(1)",
    "file:///etc/passwd",
    "data://text/html,x",
    "vbscript://x",
    "JavaScript:alert(1)",
  ])("never lead to %s", (target) => {
    expect(linksIn(`${target} ${link(target)}`)).toEqual([]);
  });
});
