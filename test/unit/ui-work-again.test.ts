import { describe, expect, test } from "vitest";
import { type OrderOf, parseOrder } from "../../src/wire/fleet/order.ts";
import { parseRunView, type RunDetails, type RunView } from "../../src/wire/fleet/run-view.ts";
import { ULID_RANDOM_BYTES } from "../../src/wire/ids.ts";
import { runOrderTexts } from "../../ui/src/run/make-order.ts";
import { failedNodes, workAgain } from "../../ui/src/run/work-again.ts";

const NOW_MS = 1_800_000_000_000;
const RUN = "01JDTC8V6CZ7M4V5X9Q2N3K4PW";
const BY = {
  fleet: { id: "a".repeat(64) },
  user: "first.last",
  nowMs: NOW_MS,
  random: new Uint8Array(ULID_RANDOM_BYTES),
};

/** Nothing in it is what a field has where nobody says anything. */
const DETAILS: RunDetails = {
  batch: 2,
  pausesOnFailure: true,
  cwd: "@tomcat/app",
  variables: [],
  seconds: 7_200,
  memoryBytes: 2 ** 30,
  killAfterSeconds: 17,
  publish: "lab/jupyter",
  files: [{ path: "~/a", sha256: "b".repeat(64), bytes: 3, mode: 0o600, overwrite: true, unpack: "tar" }],
};
const ARGV = ["./train.sh", "--epochs", "3"];

function viewOf(details: RunDetails): RunView {
  const states = ["failed", "finished", "unknown", "refused"];
  const nodes = states.map((state, at) => ({ node: `node${at + 1}`, x: RUN, state }));
  const times = { issuedMs: NOW_MS - 5_000, expiresMs: NOW_MS - 1_000, isDone: true };
  const view = parseRunView({
    run: RUN,
    owner: "first.last",
    job: "train",
    argv: ARGV,
    via: "ssh",
    ...times,
    nodes,
    details,
  });
  if (view === undefined) throw new Error("no view");
  return view;
}

describe("the order repeated on failed nodes", () => {
  const view = viewOf(DETAILS);
  const work = workAgain(view, failedNodes(view));
  if (work === undefined) throw new Error("no work");
  const order = parseOrder(runOrderTexts("run", work, BY)[0] ?? "");
  const { batch, pausesOnFailure, variables, ...ordered } = DETAILS;

  test.each<[keyof OrderOf<"run">, unknown]>([
    ...(Object.entries(ordered) as [keyof OrderOf<"run">, unknown][]),
    ["argv", ARGV],
    ["job", "train"],
    ["nodes", ["node1", "node4"]],
    ["user", "first.last"],
    ["env", variables],
  ])("has the same %s", (field, expected) => {
    expect(order).toMatchObject({ [field]: expected });
  });

  test("leaves no field to its usual value", () => {
    const checked = [...Object.keys(ordered), "argv", "job", "nodes", "user", "env"];
    const anew = ["v", "kind", "fleet", "run", "issued", "expires", "via"];
    expect(Object.keys(order ?? {}).sort()).toEqual([...checked, ...anew].sort());
  });

  test("is a run of its own, in the same batches, with the time that they need", () => {
    expect(order?.run).not.toBe(RUN);
    expect(work).toMatchObject({ batch, pausesOnFailure });
    expect((order?.expires ?? 0) - (order?.issued ?? 0)).toBe(3_600_000);
  });
});

test("nothing is ordered again whose variables nobody has", () => {
  expect(workAgain(viewOf({ ...DETAILS, variables: ["TOKEN"] }), ["node1"])).toBeUndefined();
});
