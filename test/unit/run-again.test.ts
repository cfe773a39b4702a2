import { expect, test } from "vitest";
import { requestOfRun } from "../../src/ctl/fleet/again.ts";
import { parseRequests } from "../../src/ctl/fleet/run-request.ts";
import { workOrder } from "../../src/ctl/fleet/work-order.ts";
import { detailsOf } from "../../src/fleet/outbox/run-details.ts";
import type { FleetNode } from "../../src/wire/fleet/node-view.ts";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import { parseRunView } from "../../src/wire/fleet/run-view.ts";
import { FLEET, newRun } from "../support/fleet-keys.ts";

const NOW_MS = 1_800_000_000_000;
const BATCH = { batch: 2, pausesOnFailure: true };

/** Nothing in it is what a field has where nobody says anything. */
const ORDER: OrderOf<"run"> = {
  ...{ v: 1, kind: "run", fleet: FLEET, run: newRun(), user: "first.last", nodes: ["node1", "node2"] },
  ...{ issued: NOW_MS - 5_000, expires: NOW_MS - 1_000, via: "ssh" },
  argv: ["./train.sh", "--epochs", "3"],
  cwd: "@tomcat/app",
  env: ["TOKEN=secret"],
  job: "train",
  files: [{ path: "~/a", sha256: "b".repeat(64), bytes: 3, mode: 0o600, overwrite: true, unpack: "tar" }],
  seconds: 7_200,
  memoryBytes: 2 ** 30,
  killAfterSeconds: 17,
  publish: "lab/jupyter",
};
const SILENT = { write: () => true };
/** What another order has anew by its nature. */
const NEW = ["run", "issued", "expires"];

test.each(Object.keys(ORDER).filter((name) => !NEW.includes(name)))(
  "what the collector shows of a run, exported and ordered again, has the same %s",
  (field) => {
    const { run, user: owner, job, argv, via, issued: issuedMs, expires: expiresMs } = ORDER;
    const nodes = ORDER.nodes.map((node) => ({ node, x: run, state: "failed" }));
    const shown = { run, owner, job, argv, via, issuedMs, expiresMs, nodes, details: detailsOf(ORDER, BATCH) };
    const view = parseRunView(JSON.parse(JSON.stringify(shown)));
    const [request] = view === undefined ? [] : parseRequests(JSON.stringify(requestOfRun(view)));
    if (request === undefined) throw new Error("nothing to order");
    expect(request).toMatchObject(BATCH);
    const fleet = { id: FLEET, nodes: ORDER.nodes.map((node) => ({ node, state: "present" }) as FleetNode) };
    const context = { fleet, user: owner, lifeMsOf: () => 1_000, withAbsent: false, nowMs: NOW_MS };
    const again = workOrder("run", request, {
      context: { ...context, environment: { TOKEN: "secret" } },
      io: { stdout: SILENT, stderr: SILENT, cwd: "/" },
    });
    expect(again).toMatchObject({ [field]: ORDER[field as keyof typeof ORDER] });
  },
);
