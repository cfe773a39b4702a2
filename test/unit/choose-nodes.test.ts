import { expect, test } from "vitest";
import { chooseNodes } from "../../src/ctl/fleet/choose-nodes.ts";
import type { FleetNode } from "../../src/wire/fleet/node-view.ts";

const KNOWN = ["gpu01", "gpu02", "gpu10", "login", "web.example.org"].map(
  (node) => ({ node, state: "present" }) as FleetNode,
);
const chosen = (...words: string[]) => chooseNodes(words, KNOWN).map(({ node }) => node);

test.each([
  [["gpu[01-02]"], ["gpu01", "gpu02"]],
  [["gpu*"], ["gpu01", "gpu02", "gpu10"]],
  [
    ["GPU0?", "login"],
    ["gpu01", "gpu02", "login"],
  ],
  [["login,gpu[01,10]"], ["login", "gpu01", "gpu10"]],
  [
    ["*", "gpu01"],
    ["gpu01", "gpu02", "gpu10", "login", "web.example.org"],
  ],
  [["web.example.org"], ["web.example.org"]],
  [["web?example.org"], ["web.example.org"]],
])("%j", (words, expected) => {
  expect(chosen(...words)).toEqual(expected);
});

test.each([
  [["gpu99"], /No node of the fleet is called gpu99/],
  [["x*"], /called x\*/],
  [["web.e*org", "we.*"], /called we\.\*/],
  [["gpu[3-1]"], /counts nothing/],
  [["gpu;rm"], /cannot stand in a node's name/],
])("refuses %j", (words, message) => {
  expect(() => chosen(...words)).toThrow(message);
});
