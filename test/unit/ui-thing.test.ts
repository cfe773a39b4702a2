import { expect, test } from "vitest";
import { thingWords } from "../../ui/src/actions/thing.ts";
import { runWords } from "../../ui/src/runs/run-name.tsx";

test("a confirmation names a run as the rest of the page does", () => {
  const opened = { run: "01JDTC8V000000000000000000", startedAt: "2026-12-01T09:46:11.000000Z" };
  const named = { run: "slurm-4711", startedAt: opened.startedAt };
  for (const run of [opened, named])
    expect(thingWords({ job: "train", owner: "alice", ...run })).toBe(`the ${runWords(run)} of the job train`);
  expect(thingWords({ job: "train", owner: "alice", ...opened })).not.toContain(opened.run);
  expect(thingWords({ job: "train", owner: "alice" })).toBe("all runs of the job train");
});
