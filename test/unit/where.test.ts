import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseNodes } from "../../src/ctl/fleet/choose-nodes.ts";
import { nodesWhere, parseWhere } from "../../src/text/nodes/where.ts";
import type { FleetNode } from "../../src/wire/fleet/node-view.ts";

const GIB = 2 ** 30;
const UNKNOWN: FleetNode = {
  node: "new",
  state: "absent",
  seenMs: null,
  clockMs: null,
  load: null,
  memoryBytes: null,
  memoryFreeBytes: null,
  uptimeSeconds: null,
  running: null,
  agent: null,
  kernel: null,
  os: null,
  architecture: null,
  cpus: null,
  addresses: [],
  gpus: [],
  labels: [],
  services: [],
};
const node = (name: string, more: Partial<FleetNode>): FleetNode => ({
  ...UNKNOWN,
  node: name,
  state: "present",
  architecture: "x86_64",
  kernel: "Linux 6.1.0-18-amd64",
  ...more,
});
const KNOWN = [
  node("gpu01", { memoryBytes: 64 * GIB, cpus: 32, gpus: ["H100", "H100"], labels: ["role=render", "rack=7"] }),
  node("gpu02", { memoryBytes: 16 * GIB, cpus: 8, gpus: ["A100"], labels: ["role=render", "rack=12"] }),
  node("arm1", {
    memoryBytes: 8 * GIB,
    cpus: 4,
    architecture: "aarch64",
    labels: ["role=web"],
    addresses: ["10.0.0.3"],
  }),
  UNKNOWN,
];
const fitting = (...words: string[]) => {
  const found = nodesWhere(words, KNOWN);
  return "problem" in found ? found.problem : found.nodes.map((each) => each.node).join();
};

test.each([
  ["mem>=16G && arch==x86_64", "gpu01,gpu02"],
  ["memory >= 64GiB", "gpu01"],
  ["memory>64G", ""],
  ["memory<16G", "arm1"],
  ["memory<=16384m", "gpu02,arm1"],
  ["cpus=8||cpus=4", "gpu02,arm1"],
  ["role=render", "gpu01,gpu02"],
  ["role=r*", "gpu01,gpu02"],
  ["role!=render", "arm1,new"],
  ["rack>7", "gpu02"],
  ["node=gpu[01-16]", "gpu01,gpu02"],
  ["node=gpu[01,02],arm?", "gpu01,gpu02,arm1"],
  ["node!=gpu*", "arm1,new"],
  ["gpus>=2", "gpu01"],
  ["gpu=h100", "gpu01"],
  ["address=10.0.*", "arm1"],
  ["kernel='Linux 6.1*'", "gpu01,gpu02,arm1"],
  ["!(role=render || state=absent)", "arm1"],
  ["!role=render&&state=present", "arm1"],
  ["cpus=4 || cpus=32 && gpu=A*", "arm1"],
  ["(cpus=4 || cpus=32) && gpu=h*", "gpu01"],
])("%s", (words, expected) => {
  expect(fitting(words)).toBe(expected);
});

test("several expressions all have to fit", () => {
  expect(fitting("role=render", "cpus<16")).toBe("gpu02");
});

test.each([
  ["", /Cannot read ""/],
  ["memory", /expected a comparison/],
  ["memory>=", /expected a comparison/],
  ["memory>=lots", /expected comparisons/],
  ["cpus=4 &&", /expected comparisons/],
  ["(cpus=4", /expected comparisons/],
  ["cpus=4)", /expected comparisons/],
  ["cpus=4 cpus=5", /expected comparisons/],
  ["memry>=16G", /"memry" is no label of any node/],
  ["x=".padEnd(300, "1"), /longer than 256/],
])("%j is refused", (words, problem) => {
  expect(fitting(words)).toMatch(problem);
});

test("mlctl takes names, facts, or both", () => {
  const chosen = (names: string[], where: string[]) => chooseNodes(names, KNOWN, where).map((each) => each.node);
  expect(chosen(["gpu*"], ["cpus>=16"])).toEqual(["gpu01"]);
  expect(chosen([], ["cpus<=8"])).toEqual(["gpu02", "arm1"]);
  expect(() => chosen(["gpu*"], ["cpus>=64"])).toThrow("No node fits cpus>=64");
});

test("any text is an expression or a problem, and many stars take no time", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab=<>!&|() *?\"'[]1G") }), (text) => void parseWhere(text)),
  );
  const where = parseWhere(`node=x || kernel=${"*a".repeat(100)}`);
  if ("problem" in where) throw new Error(where.problem);
  expect(where({ ...UNKNOWN, kernel: "a".repeat(99) })).toBe(false);
});
