import fc from "fast-check";
import { expect, test } from "vitest";
import { compareNatural } from "../../src/text/nodes/natural-order.ts";
import { formatNodeRange, MAX_NODES, parseNodeRange } from "../../src/text/nodes/node-range.ts";

test.each([
  ["gpu[01-03,20],login", ["gpu01", "gpu02", "gpu03", "gpu20", "login"]],
  ["n[8-11]", ["n8", "n9", "n10", "n11"]],
  ["n[0-6/2]", ["n0", "n2", "n4", "n6"]],
  ["r[1-2]n[1-2].x", ["r1n1.x", "r1n2.x", "r2n1.x", "r2n2.x"]],
  ["n[1-2],n2,n1", ["n1", "n2"]],
  ["node_1", ["node_1"]],
])("reads %s", (text, nodes) => {
  expect(parseNodeRange(text)).toEqual({ nodes });
});

test.each([
  ["n[3-1]", 'Cannot read "n[3-1]": "3-1" counts nothing'],
  ["n[a]", 'Cannot read "n[a]": "a" is no range of numbers'],
  ["n[1", 'Cannot read "n[1": "[" has no "]"'],
  ["a b", 'Cannot read "a b": " " cannot stand in a node\'s name'],
  ["n[0-999999999]", `Cannot read "n[0-999999999]": more than ${MAX_NODES} nodes`],
  ["n[1-300][1-300]", `Cannot read "n[1-300][1-300]": more than ${MAX_NODES} nodes`],
])("says what is wrong with %s", (text, problem) => {
  expect(parseNodeRange(text)).toEqual({ problem });
});

test.each([
  [["gpu02", "gpu01", "gpu20", "login"], "gpu[01-02,20],login"],
  [["n9", "n10", "n11", "n13"], "n[9-11,13]"],
  [["n09", "n10"], "n[09-10]"],
  [["n1", "n01", "n2"], "n[01,1-2]"],
  [["a1.x", "a2.x", "a3"], "a3,a[1-2].x"],
  [["r1n1", "r1n2", "r2n1"], "r1n[1-2],r2n1"],
  [[], ""],
])("writes %j", (nodes, text) => {
  const written = formatNodeRange(nodes);
  expect(written.split(/,(?![^[]*\])/).sort()).toEqual(text.split(/,(?![^[]*\])/).sort());
});

test("a printed range parses back to the same nodes", () => {
  const name = fc.tuple(
    fc.constantFrom("n", "gpu", "r1-", "a.b"),
    fc.stringMatching(/^\d{0,3}$/),
    fc.constantFrom("", ".x", "-ib"),
  );
  fc.assert(
    fc.property(
      fc.array(
        name.map((parts) => parts.join("")),
        { maxLength: 40 },
      ),
      (nodes) => {
        const read = parseNodeRange(formatNodeRange(nodes));
        expect("nodes" in read && [...read.nodes].sort()).toEqual([...new Set(nodes)].sort());
      },
    ),
  );
});

test("orders numbers as numbers", () => {
  expect(["n10", "n2", "n1", "n02", "a"].sort(compareNatural)).toEqual(["a", "n1", "n02", "n2", "n10"]);
});
