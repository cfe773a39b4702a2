import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay, startIngestSite } from "../../support/ingest-site.ts";
import { run } from "../../support/processes.ts";
import { asUser, createTestUser, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { MLCOLLECTOR } from "../../support/site.ts";

describeAsRoot("mlcollector reindex", () => {
  it("indexes what can be read, and gives the reason for everything else", async () => {
    const on = await startIngestSite();
    const [whole, logless] = [fakeExecution(), fakeExecution()];
    const relay = await openRelay(on);
    for (const one of [whole, logless]) await relay.send(one.begin(), one.lines(1, ["1"]), one.end(1));
    await on.stop();
    const logs = join(on.dataDir, "logs");
    const logPath = join(logs, `root/2026-11-20/${logless.x}.${logless.node}.job_sh.log`);
    rmSync(logPath);
    const user = await createTestUser("mlidx");
    await runAsRoot("chown", ["-R", user.name, on.dataDir]);
    mkdirSync(join(logs, "lost+found"), { mode: 0o700 });
    await runAsRoot("chown", ["0:0", join(logs, "lost+found")]);

    const [command, ...args] = asUser(user, process.execPath, MLCOLLECTOR, "reindex", "--data-dir", on.dataDir);
    const { code, stdout, stderr } = await run(command, args);
    expect(stdout).toBe("1 executions indexed\n");
    expect(stderr).toContain(`lost+found is left out: EACCES`);
    expect(stderr).toContain(`${logless.x}.node1.job_sh.meta is left out: ENOENT`);
    expect(stderr).toContain(logPath);
    expect(code).toBe(1);
  });
});
