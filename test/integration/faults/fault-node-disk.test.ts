import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { describeAsRoot, runAsRoot } from "../../support/root.ts";
import { Site } from "../../support/site.ts";

async function mountSmallDisk(folder: string, size: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()}`;
  const { code, stderr } = await runAsRoot("mount", [
    "-t",
    "tmpfs",
    "-o",
    `size=${size},mode=0700,${owner}`,
    "none",
    folder,
  ]);
  if (code !== 0) throw new Error(`Cannot mount: ${stderr}`);
  afterwards(async () => void (await runAsRoot("umount", ["--lazy", folder])));
}

/** Octets of the numbers of these ranges, as seq prints them. */
function printedBytes(ranges: readonly (readonly [number, number])[]): number {
  let bytes = 0;
  for (const [from, to] of ranges) for (let n = from; n <= to; n += 1) bytes += String(n).length + 1;
  return bytes;
}

describeAsRoot("a node whose disks are full while the collector is away", () => {
  test("disturbs no command; END counts what was dropped, which is exactly the hole in the API", async () => {
    const site = await Site.create();
    await mountSmallDisk(join(site.folder, "node1-state"), "1m");
    await mountSmallDisk(join(site.folder, "node1-spool"), "2m");
    const relay = await site.startRelay("node1");
    await site.collector.end("SIGTERM");
    const count = 60_000;
    const shown = await site.mlrun(relay, ["--job", "full", "--one-line-frames", "--", "seq", String(count)]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toBe(Array.from({ length: count }, (_, i) => `${i + 1}\n`).join(""));
    const [, dropped = ""] = /^mlrun: (\d+) bytes of output are not logged: /m.exec(shown.stderr) ?? [];
    expect(Number(dropped)).toBeGreaterThan(0);
    const left = await statfs(join(site.folder, "node1-state"));
    expect(left.bavail * left.bsize).toBeLessThan(100_000);

    await site.startCollector();
    const api = await site.api();
    await site.flushSpool(relay, 60_000);
    const done = await api.untilExecution(
      "delivered but for the hole",
      ({ job, state, missing }) => job === "full" && state === "finished" && printedBytes(missing) <= Number(dropped),
      60_000,
    );
    expect(done).toMatchObject({ code: 0, lastN: count, dropped: Number(dropped) });
    expect(printedBytes(done.missing)).toBe(Number(dropped));
    expect(done.lines + done.missing.reduce((lines, [from, to]) => lines + to - from + 1, 0)).toBe(count);
  }, 180_000);
});
