import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeRelay } from "../../support/fake-relay.ts";
import { octetCounted, parseFrame, printedBy } from "../../support/frames.ts";
import { cleanEnvironment } from "../../support/mlrun.ts";
import { compileLibrary } from "../../support/preload.ts";
import { run } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { asRoot, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describeAsRoot("a node whose sockets hold 4 MiB", () => {
  test("loses nothing in the kernel's buffers when the relay stops reading", async () => {
    const folder = await tempFolder();
    const relay = await fakeRelay(join(folder, "mlrun.sock"), { reads: (i) => (i === 0 ? "BEGIN" : "nothing") });
    const preload = { LD_PRELOAD: await compileLibrary("large_send_buffer", folder), SEND_BUFFER: "4194304" };
    const env = Object.entries(cleanEnvironment({ ...preload, MLRUN_SPOOL_DIR: join(folder, "spool") }));
    // Node's part alone: the launcher takes a preloaded library from it.
    const script = [process.execPath, join(ROOT, "dist/src/bin/mlrun.cjs")];
    const words = [...script, "--quiet", "--run-dir", folder, "--", "seq", "1", "2000000"];
    const [file, ...args] = asRoot("env", ...env.map(([name, value]) => `${name}=${value}`), ...words);
    const result = await run(file, args, { detached: true });
    expect(result.stderr).toMatch(/is away \(it takes nothing\)/);
    // The kernel holds it, unread.
    expect(String(relay.received[0])).toBe("");
    expect((await runAsRoot("chmod", ["-R", "a+rX", join(folder, "spool")])).code).toBe(0);
    const [name = ""] = await readdir(join(folder, "spool"));
    const [, ...frames] = octetCounted(await readFile(join(folder, "spool", name)));
    expect(printedBy(frames.map(parseFrame), "stdout").toString()).toBe((await run("seq", ["1", "2000000"])).stdout);
  });
});
