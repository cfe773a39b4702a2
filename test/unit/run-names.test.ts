import { describe, expect, test } from "vitest";
import { findNames } from "../../src/run/command/names.ts";
import { type Environment, findSurroundings, inheritedLabels } from "../../src/run/command/surroundings.ts";
import { SURROUNDINGS } from "../support/surroundings.ts";

const X = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const OUTER = "01JBABCDEFGHJKMNPQRSTVWXYZ";

describe("the surroundings", () => {
  test.each(SURROUNDINGS.filter(({ needsLauncher }) => needsLauncher !== true))("of $name", (known) => {
    const { job, run, restarts } = findSurroundings(known.variables);
    const labels = inheritedLabels({ ...known.variables, restarts: String(restarts) });
    expect({ job, run, labels }).toEqual({ job: known.job, run: known.run, labels: known.labels });
  });

  test("name no job where there is none", () => {
    expect(findSurroundings({ JOB_ID: "7", SLURM_JOB_ID: "" })).toMatchObject({ job: undefined, run: undefined });
    expect(inheritedLabels({ SLURM_PROCID: "0", LSB_JOBINDEX: "0", SGE_TASK_ID: "undefined" })).toEqual({});
  });

  test("are cut to what a job's and a run's name may be", () => {
    const { job, run } = findSurroundings({ PMIX_NAMESPACE: `ƒ ${"j".repeat(200)}` });
    expect([job?.length, run]).toEqual([128, `pmix:${"j".repeat(59)}`]);
  });
});

describe("names", () => {
  const inside = { MLRUN_ID: OUTER, MLRUN_JOB: "outer", MLRUN_RUN: OUTER, MLRUN_SEEN: "node1 slurm:7" };
  const find = (environment: Environment, asked: { job?: string; run?: string } = {}) => {
    const { job, launch } = findNames(environment, { x: X, node: "node1", job: asked.job, run: asked.run });
    return { job, ...launch };
  };

  test.each<[string, Environment, object]>([
    ["of itself", {}, { job: X }],
    ["of the job around", { SLURM_JOB_ID: "7" }, { job: "7", run: "slurm:7" }],
    ["of the mlrun around", { ...inside, SLURM_JOB_ID: "7" }, { job: "outer", run: OUTER, parent: OUTER }],
    ["of the mlrun around, on another node", { ...inside, MLRUN_SEEN: "node2 " }, { job: "outer", run: OUTER }],
    ["of a job that an mlrun submitted", { ...inside, SLURM_JOB_ID: "8" }, { job: "8", run: "slurm:8" }],
    ["of MLRUN_JOB, set by hand", { MLRUN_JOB: "nightly", SLURM_JOB_ID: "8" }, { job: "nightly", run: "slurm:8" }],
    ["without an unusable run", { MLRUN_RUN: "a b" }, { job: X }],
  ])("are those %s", (_, environment, names) => {
    expect(find(environment)).toEqual(names);
  });

  test("that are asked for win", () => {
    expect(find({ ...inside, SLURM_JOB_ID: "8" }, { job: "mine", run: "r1" })).toMatchObject({
      job: "mine",
      run: "r1",
    });
  });
});
