import { expect, test } from "vitest";
import { SUBJECTS } from "../../../src/wire/fleet/subjects.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FakeAgent } from "../../support/fake-agent.ts";
import { connectNode, makeFleetPki } from "../../support/fleet-broker.ts";
import { newFleet } from "../../support/new-fleet.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test("an agent of an older version, which signs nothing, is refused by name, until it is updated", async () => {
  const pki = await makeFleetPki(["node1"]);
  const logged: unknown[] = [];
  const log = { event: (...of: readonly unknown[]) => void logged.push(of) };
  const fleet = newFleet({ pki, dataDir: await tempFolder(), log });
  const at = await fleet.start();
  afterwards(() => fleet.stop());
  const stateOf = () => fleet.view().nodes[0]?.state;
  expect(stateOf()).toBe("absent");
  const old = await connectNode(at, { pki, node: "node1" });
  for (let i = 0; i < 3; i += 1) old.publish(SUBJECTS.presence("node1"), '{"v":1}');
  await poll("the refusal", () => stateOf() === "outdated");
  const refusals = () => logged.filter((each) => JSON.stringify(each).includes("unsigned reports"));
  expect(refusals()).toEqual([
    [
      "warning",
      "unsigned reports in a node's name are refused",
      { node: "node1", next: expect.stringContaining("update") },
    ],
  ]);
  await old.close();
  const updated = await FakeAgent.connect(at, { pki, node: "node1" });
  await updated.beSeen();
  await poll("the node", () => stateOf() === "present");
});
