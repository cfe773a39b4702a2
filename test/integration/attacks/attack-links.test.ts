import { link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startDumpRelay } from "../../support/dump-relay.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { findLog } from "../../support/find-log.ts";
import { ROOT } from "../../support/ingest-site.ts";
import { cleanEnvironment, mlrun } from "../../support/mlrun.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { asUser, createTestUser, describeAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { pkiLasting, TlsSite } from "../../support/tls-site.ts";

const SECRET = "the text of a file that is none of this";

describe("a link in the collector's tree", () => {
  test("in place of a log is not followed: the API serves neither its lines nor its bytes", async () => {
    const tls = await TlsSite.start(await pkiLasting(undefined, "node1"));
    const relay = await tls.connect("node1");
    const one = fakeExecution();
    await relay.send(one.begin(), one.lines(1, ["mine"]), one.end(1));
    const path = await findLog(join(tls.site.store.logsDir, ".."), one.x);
    const secret = join(await tempFolder(), "secret");
    await writeFile(secret, `2026-11-20T04:17:44.960662Z stdout F ${SECRET}\n`);
    await rename(path, `${path}.away`);
    await symlink(secret, path);
    const answers = async () => {
      let text = "";
      for await (const bytes of tls.site.archive.raw(ROOT, { x: one.x, node: "node1" })) text += bytes.toString();
      return text;
    };
    await expect(answers()).rejects.toThrow(/ELOOP/);
    expect(await readFile(secret, "utf8")).toContain(SECRET);
  });
});

describe("a link in a spool", () => {
  test("is not read or sent; its target stays, and other files do not wait", async () => {
    const relay = await startDumpRelay();
    const spool = join(await tempFolder(), "spool");
    await mkdir(spool, { mode: 0o700 });
    const env = cleanEnvironment({ MLRUN_RUN_DIR: join(spool, "nowhere"), MLRUN_SPOOL_DIR: spool });
    await mlrun(["--quiet", "--", "echo", SECRET], { env });
    const { stdout } = await run("ls", [spool]);
    const name = stdout.trim();
    const elsewhere = join(await tempFolder(), "file");
    await rename(join(spool, name), elsewhere);
    await symlink(elsewhere, join(spool, name));
    const there = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: spool });
    expect((await mlrun(["--flush"], { env: there })).stdout).toBe("mlrun: 0 delivered, 0 waiting\n");
    expect(await relay.frames()).toEqual([]);
    expect(await readFile(elsewhere, "utf8")).toContain(SECRET);
    // A second name of the same file is no trick: it is the user's own, and goes once.
    await rm(join(spool, name), { force: true });
    await link(elsewhere, join(spool, name));
    await mlrun(["--flush"], { env: there });
    const seen = await relay.execution();
    expect(seen.stdout.toString()).toBe(`${SECRET}\n`);
    expect((await stat(elsewhere)).nlink).toBe(1);
  });
});

describeAsRoot("a spool folder that another user made first", () => {
  test.each([
    ["a folder of his own", "mkdir -m 777"],
    ["a link to a folder of his own", "ln -s /tmp"],
  ])("%s is not used", async (_, make) => {
    const [alice, bob] = [await createTestUser("alice"), await createTestUser("bob")];
    const folder = join(await tempFolder(), "spool");
    await mkdir(folder);
    await run("chmod", ["1777", folder]);
    const hers = join(folder, String(alice.uid));
    const [command, ...args] = asUser(bob, "sh", "-c", `${make} ${hers}`);
    expect((await run(command, args)).code).toBe(0);
    const before = await run("find", [`${hers}/`, "-maxdepth", "1", "-name", "*.spool*"]);
    const env = [`MLRUN_RUN_DIR=${folder}/nowhere`, `MLRUN_SPOOL_DIR=${hers}`];
    const [file, ...words] = asUser(alice, "env", ...env, ...program("mlrun", "--quiet", "--", "echo", SECRET));
    const result = await run(file, words);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain("there is no folder to spool to");
    expect((await run("find", [`${hers}/`, "-maxdepth", "1", "-name", "*.spool*"])).stdout).toBe(before.stdout);
  });
});
