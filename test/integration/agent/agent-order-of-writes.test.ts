import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSite } from "../../support/agent-site.ts";
import { start } from "../../support/processes.ts";

const HAS_STRACE = spawnSync("strace", ["-f", "true"]).status === 0;
const CALLS = "write,pwrite64,fsync,fdatasync,link,linkat,rename,clone,clone3,fork,vfork,execve,kill";

/** The calls that strace saw, each as `NAME what`, where one matches. */
function indexOf(calls: readonly string[], pattern: RegExp, from = 0): number {
  const at = calls.findIndex((call, i) => i >= from && pattern.test(call));
  expect(at, `${pattern} after call ${from} of\n${calls.slice(from, from + 40).join("\n")}`).toBeGreaterThanOrEqual(0);
  return at;
}

test.skipIf(!HAS_STRACE)(
  "each record is written, synced, named and its folder synced, before anything follows from it",
  async () => {
    const site = await AgentSite.create();
    const trace = join(site.folder, "trace");
    await site.start();
    const traced = ["-f", "-y", "-s", "200", "-o", trace, "-e", `trace=${CALLS}`, "-p", String(site.root?.pid)];
    const strace = start("strace", traced);
    await strace.waitFor(/attached/);
    const order = site.run("exit 7");
    await site.until(order, "failed");
    await site.root?.end();
    await strace.ended;
    const calls = readFileSync(trace, "utf8")
      .split("\n")
      .filter((line) => line.includes(order.run) || /clone|execve|fork/.test(line));
    const folder = `[^>]*${site.user}\\.${order.run}[^>]*`;
    // The order: bytes, its folder, the folder's name, the folder of all; only then is it told.
    const bytes = indexOf(calls, /write\(.*new\/.*order.*>, "\{\\"message/);
    const synced = indexOf(calls, new RegExp(`fsync\\(\\d+<${folder}/(order|\\.order)`), bytes);
    const inFolder = indexOf(calls, new RegExp(`fsync\\(\\d+<[^>]*new/${folder}>`), synced);
    const named = indexOf(calls, /rename\(.*new\/.*runs\//, inFolder);
    const told = indexOf(calls, /write\(.*accepted/, named);
    // The claim: bytes, sync, link, sync of the folder; only then does a process become the command.
    const claimed = indexOf(calls, /linkat\(.*claim/);
    const claimSynced = calls.findLastIndex((call, i) => i < claimed && /fsync\(.*\.claim\./.test(call));
    const claimWritten = calls.findLastIndex((call, i) => i < claimSynced && /pwrite64\(.*boot/.test(call));
    const claimInFolder = indexOf(calls, new RegExp(`fsync\\(\\d+<[^>]*runs/${folder}>`), claimed);
    const executed = indexOf(calls, /execve\(.*mlrun.*order-fd/, claimInFolder);
    const ended = indexOf(calls, /pwrite64\(.*\\"code\\":7/, executed);
    const endSynced = indexOf(calls, /fsync\(.*\.exit\./, ended);
    const endNamed = indexOf(calls, /linkat\(.*exit/, endSynced);
    const order_ = [claimWritten, claimSynced, claimed, claimInFolder, executed, ended, endSynced, endNamed];
    expect(order_).toEqual([...order_].sort((a, b) => a - b));
    expect(claimWritten).toBeGreaterThan(0);
    expect(told).toBeGreaterThan(named);
  },
);
