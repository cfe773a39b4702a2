import { expect, test } from "vitest";
import { nestedCopies } from "../../../src/text/merge/nested-copies.ts";
import { parseCriLine } from "../../../src/wire/cri.ts";
import { ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { ROOT as REPOSITORY } from "../../support/programs.ts";
import { startRelay } from "../../support/relay.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const MLRUN = `${REPOSITORY}/dist/src/bin/mlrun`;

test("an mlrun inside another is of the same run, and its lines stand once in a merged view", async () => {
  const site = await startIngestSite();
  const { runDir } = await startRelay({ collectorPort: site.relp.port });
  const inner = `${MLRUN} --run-dir ${runDir} -- sh -c 'echo inside; echo wrong >&2'`;
  const script = `echo before; ${inner}; ${inner} >/dev/null; echo after; echo inside`;
  const env = cleanEnvironment({ XDG_STATE_HOME: await tempFolder() });
  const { stdout } = await mlrun(["--run-dir", runDir, "--job", "nested", "--", "bash", "-c", script], { env });
  expect(stdout).toBe("before\ninside\nafter\ninside\n");
  // On a busy machine the gate may have come too late for one of them.
  await mlrun(["--run-dir", runDir, "--flush"], { env });
  const executions = await poll("three complete executions", async () => {
    const page = await site.archive.list(ROOT, { job: "nested", limit: 10 });
    const areComplete = page.executions.every(({ delivery }) => delivery === "complete");
    return page.executions.length === 3 && areComplete ? page.executions : undefined;
  });
  const outer = executions.find(({ parent }) => parent === undefined);
  expect(executions.map(({ run }) => run)).toEqual([outer?.x, outer?.x, outer?.x]);
  const enclosures = executions.flatMap(({ parent, within }, inner) => {
    const of = executions.findIndex(({ x }) => x === parent);
    return of < 0 || within === undefined ? [] : [{ inner, outer: of, within }];
  });
  expect(enclosures.map(({ within }) => within)).toEqual(
    expect.arrayContaining([{ stdout: "stdout", stderr: "stderr" }, { stderr: "stderr" }]),
  );
  const lines = [];
  for (const [source, { x, node }] of executions.entries()) {
    for (const { cri } of await site.archive.read(ROOT, { x, node, from: 1, maxLines: 100, maxBytes: 1_000_000 })) {
      for (const [i, printed] of cri.toString().trimEnd().split("\n").entries()) {
        const line = parseCriLine(printed, i);
        if (line !== undefined)
          lines.push({ source, time: line.time, stderr: line.stream === "stderr", text: line.text });
      }
    }
  }
  lines.sort((a, b) => (a.time < b.time ? -1 : 1));
  const copies = nestedCopies(lines, enclosures);
  const shown = lines.filter((line) => !copies.has(line)).map(({ text }) => text);
  // Twice by the two inner ones, whose second went to no pipe, and once by the shell itself.
  expect(shown.sort()).toEqual(["after", "before", "inside", "inside", "inside", "wrong", "wrong"]);
});
