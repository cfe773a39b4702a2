import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment } from "../../support/mlrun.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { sgeIsMissing, startSge } from "../../support/sge.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Tasks of an array: the third submits a job, and ends with the status that starts it again. */
const SCRIPT = `#!/bin/bash
if [ "$1" = inner ]; then exec $M --label at=submitted -- true; fi
if [ "$RESTARTED" = 1 ]; then exec $M --label at=again -- true; fi
if [ "$SGE_TASK_ID" != 3 ]; then exec $M --label at=batch -- true; fi
$M --label at=batch -- qsub -V -o /dev/null -j y "$FILE" inner
exit 99
`;

test("jobs of a real SGE: arrays, jobs that jobs submit, restarted ones", { timeout: 90_000 }, async (context) => {
  const missing = await sgeIsMissing();
  if (missing !== undefined) return context.skip(missing);
  const relay = await startDumpRelay();
  const FILE = join(await tempFolder(), "job.sh");
  await writeFile(FILE, SCRIPT, { mode: 0o755 });
  const more = { FILE, MLRUN_RUN_DIR: relay.runDir, M: program("mlrun").join(" "), ...(await startSge()) };
  const submit = ["-terse", "-V", "-r", "y", "-t", "1-3", "-N", "nightly", "-o", "/dev/null", "-j", "y", FILE];
  const submitted = await run("qsub", submit, { env: cleanEnvironment(more) });
  expect(submitted).toMatchObject({ code: 0, stderr: "" });
  const [job = ""] = submitted.stdout.split(".");
  expect(job).toMatch(/^\d+$/);
  const named = await relay.batchBegins(5);
  const tasks = named("batch").sort((a, b) => Number(a.labels["task"]) - Number(b.labels["task"]));
  expect(tasks).toMatchObject(["1", "2", "3"].map((task) => ({ job, run: `sge:${job}`, labels: { task } })));
  expect(tasks[0]?.labels).not.toHaveProperty("restart");
  const [again, inner] = [named("again")[0], named("submitted")[0]];
  expect(again).toMatchObject({ job, run: `sge:${job}-restart-1`, labels: { task: "3", restart: "1" } });
  expect(inner?.job).not.toBe(job);
  expect(inner).toMatchObject({ run: `sge:${inner?.job}`, labels: { parent: tasks[2]?.x } });
  // SGE calls the task of a job that is no array "undefined".
  expect(inner?.labels).not.toHaveProperty("task");
  expect(inner).not.toHaveProperty("parent");
});
