import { beforeAll, expect, test } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay } from "../../support/ingest-site.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";
import { startSearchSite } from "../../support/search-site.ts";

let mlctl: RemoteMlctl;

/** Four ranks on one node, one on another. */
beforeAll(async () => {
  const site = await startSearchSite();
  const relay = await openRelay(site.on);
  mlctl = await RemoteMlctl.signedIn(site.web.origin, "alice");
  for (const rank of [0, 1, 2, 3, 4]) {
    const node = rank < 4 ? "node1" : "node2";
    const execution = fakeExecution({ x: `01JDTC8V6CZ7M4V5X9Q2N3K4P${rank}`, job: "mpi", node });
    await relay.send(
      execution.begin({ labels: { rank: String(rank) } }),
      execution.lines(1, ["begins", rank === 2 ? "no memory" : "done"]),
      execution.end(2),
    );
  }
});

test("fold names the ranks of a node that has several", async () => {
  const { stdout } = await mlctl.run(["fold", "mpi"]);
  expect(stdout.trimEnd().split("\n").toSorted()).toEqual([
    "node1/2: no memory",
    "node1/[0-1,3],node2: done",
    "node1/[0-3],node2: begins",
  ]);
  const odd = await mlctl.run(["fold", "--odd", "--json", "mpi"]);
  expect(odd.stdout).toContain('{"nodes":"node1/2","count":1,"odd":true,"text":"no memory"}');
});
