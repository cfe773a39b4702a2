import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment } from "../../support/mlrun.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { slurmIsMissing, startSlurm } from "../../support/slurm.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** A job of an array that submits another one and is requeued, all under mlrun. */
const SCRIPT = `#!/bin/bash
if [ "$1" = inner ]; then exec $M --label at=submitted -- true; fi
if [ -z "$SLURM_RESTART_COUNT" ]; then
  $M --label at=batch -- sbatch -o /dev/null "$0" inner
  srun -n 2 $M --label at=step -- true
  scontrol requeue "$SLURM_JOB_ID"
  exec tail -f /dev/null
fi
exec $M --label at=again -- true
`;

test("jobs of a real Slurm: arrays, steps, jobs that jobs submit, requeued ones", {
  timeout: 90_000,
}, async (context) => {
  const missing = await slurmIsMissing();
  if (missing !== undefined) return context.skip(missing);
  const relay = await startDumpRelay();
  const more = { MLRUN_RUN_DIR: relay.runDir, M: program("mlrun").join(" "), ...(await startSlurm()) };
  const script = join(await tempFolder(), "job.sh");
  await writeFile(script, SCRIPT, { mode: 0o755 });
  const env = cleanEnvironment(more);
  const submitted = await run("sbatch", ["--parsable", "--requeue", "-a", "3", "-o", "/dev/null", "-n", "2", script], {
    env,
  });
  expect(submitted).toMatchObject({ code: 0, stderr: "" });
  const job = submitted.stdout.trim();
  const named = await relay.batchBegins(5);
  const [batch, again, inner] = [named("batch")[0], named("again")[0], named("submitted")[0]];
  expect(batch).toMatchObject({ job, run: `slurm:${job}`, labels: { task: "3" } });
  expect(batch?.labels).not.toHaveProperty("rank");
  expect(
    named("step")
      .map(({ labels }) => labels["rank"])
      .sort(),
  ).toEqual(["0", "1"]);
  expect(named("step")[0]).toMatchObject({ job, run: `slurm:${job}`, labels: { task: "3", world: "2" } });
  expect(again).toMatchObject({ job, run: `slurm:${job}-restart-1`, labels: { task: "3", restart: "1" } });
  expect(inner?.job).not.toBe(job);
  expect(inner).toMatchObject({ run: `slurm:${inner?.job}`, labels: { parent: batch?.x } });
  // sbatch hands the variables of its own array on.
  expect(inner?.labels).not.toHaveProperty("task");
  expect(inner).not.toHaveProperty("parent");
});
