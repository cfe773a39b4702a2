import { expect, test } from "vitest";
import { NamedNodes } from "../../src/host/named-nodes.ts";

function begun(...names: string[]) {
  const logLines: string[] = [];
  const log = {
    event: (_: string, message: string, fields?: object) => logLines.push(`${message} ${JSON.stringify(fields)}`),
  };
  return { nodes: new NamedNodes(names, log), logLines };
}

test("a table that has the host's name without its domain, or with it, is reported once", () => {
  const { nodes, logLines } = begun("node1", "node2.example.org", "node3");
  for (const node of ["node1.example.org", "node1.example.org", "node2", "node3", "node33", "node4"])
    nodes.connected(node);
  expect(logLines).toEqual([
    expect.stringMatching(
      /does not apply.*"node":"node1.example.org","table":"node1".*\[nodes\.\\"node1.example.org\\"\]/,
    ),
    expect.stringMatching(/does not apply.*"node":"node2","table":"node2.example.org"/),
  ]);
});

test("tables of which no relay has connected are named together, and none if all have", () => {
  const { nodes, logLines } = begun("node1", ...Array.from({ length: 12 }, (_, i) => `gone${i}`));
  nodes.connected("node1");
  nodes.reportUnseen();
  expect(logLines).toEqual([expect.stringMatching(/no relay has connected.*"gone0 gone1 .* gone9","count":12/)]);
  const all = begun("node1");
  all.nodes.connected("node1");
  all.nodes.reportUnseen();
  expect(all.logLines).toEqual([]);
});
