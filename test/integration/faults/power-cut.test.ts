import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { run, start } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { RelpClient } from "../../support/relp-client.ts";
import { MLCOLLECTOR } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const CALLS = "fsync,fdatasync,unlink,write,writev,pwrite64";
const IS_TRACEABLE = spawnSync("strace", ["-D", "-o", "/dev/null", "true"]).status === 0;

/** System calls in the order in which they ended, each on one line: strace cuts those that others overtake in two. */
function endedCalls(trace: string): string[] {
  const begun = new Map<string, string>();
  return trace.split("\n").flatMap((line) => {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith(" <unfinished ...>")) {
      begun.set(pid, text.slice(0, -" <unfinished ...>".length));
      return [];
    }
    return text.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? "");
  });
}

/** What was not on the disk at each moment that promises it is: an answer to a relay, or the quarantine's end. */
function tooEarly(calls: readonly string[]): string[] {
  const unsynced = new Set<string>();
  return calls.flatMap((call) => {
    const [, name = "", path = ""] = /^(\w+)\(\d+<([^>]*)>/.exec(call) ?? [];
    // The reserve holds only room for tombstones.
    const isStored = /\/data\/logs\/.*(?<!\.new|_reserve)$/.test(path);
    if (/^p?write/.test(name) && isStored) unsynced.add(path);
    if (/^f(?:data)?sync$/.test(name)) unsynced.delete(path);
    const isPromise = /rsp 6 200 OK/.test(call) || /^unlink\(.*_quarantine/.test(call);
    return isPromise ? [...unsynced].map((file) => `${file} before ${call}`) : [];
  });
}

it.skipIf(!IS_TRACEABLE)("with --sync always, acknowledged lines are on disk", async () => {
  const folder = await tempFolder();
  const [relp, web] = [await freePort(), await freePort()];
  const places = ["--data-dir", join(folder, "data"), "--relp", `127.0.0.1:${relp}`, "--web", `127.0.0.1:${web}`];
  const trace = join(folder, "trace");
  const strace = ["-D", "-f", "-y", "-s", "32", "-e", `trace=${CALLS}`, "-o", trace, process.execPath, MLCOLLECTOR];
  const collector = start("strace", [...strace, ...places, "--sync", "always", "--insecure", "--login-code"]);
  await collector.waitFor(/#code=/);
  const relay = await RelpClient.open(relp);
  // The user directory may be asked once, beside the session; from then on the answer is known.
  const before = fakeExecution();
  await relay.send(before.begin());
  const logs = join(folder, "data/logs");
  await poll("the answer", () =>
    readdirSync(logs, { recursive: true }).join().includes(`${before.x}.node1.job_sh.log`),
  );
  const quarantined = (): string[] => readdirSync(join(logs, "_quarantine"), { recursive: true, encoding: "utf8" });
  await poll("its BEGIN to leave the quarantine", () => !quarantined().some((name) => name.includes(before.x)));
  const a = fakeExecution();
  await relay.send(a.lines(1, ["early"]));
  await relay.send(a.begin());
  await relay.send(a.lines(5, ["later"]));
  await relay.send(a.lines(2, ["late", "later", "latest"]), a.end(5));
  relay.destroy();
  await collector.end();

  const calls = endedCalls(readFileSync(trace, "utf8"));
  expect(calls.filter((call) => /rsp 6 200 OK/.test(call)).length).toBeGreaterThanOrEqual(4);
  const released = calls.filter((call) => call.startsWith("unlink(") && call.includes("_quarantine"));
  expect(released.filter((call) => call.includes(a.x))).toHaveLength(1);
  expect(tooEarly(calls)).toEqual([]);
  // The BEGIN's row is in the index by then: without it nobody would find an execution that has ended.
  const sidecarAt = calls.findIndex((call) => call.startsWith("write(") && call.includes(`${a.x}.node1.job_sh.meta>`));
  const acknowledgedAt = calls.findIndex((call) => call.includes('"4 rsp 6 200 OK'));
  const between = calls.slice(sidecarAt, acknowledgedAt);
  expect(between.filter((call) => /^f(?:data)?sync\(.*\/index\.db-wal>/.test(call))).not.toEqual([]);
});

it.skipIf(!IS_TRACEABLE)("a sidecar record that cannot be synced is not kept", async () => {
  const path = join(await tempFolder(), "x.meta");
  writeFileSync(path, '{"t":"begin"}\n');
  const module = join(ROOT, "dist/src/store/execution/sidecar.js");
  const script = `
    const { Sidecar } = await import(${JSON.stringify(module)});
    try {
      new Sidecar(${JSON.stringify(path)}, true).append({ t: "lost" });
    } catch ({ code }) {
      process.stdout.write(code);
    }`;
  const failing = ["-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"];
  const result = await run("strace", [...failing, process.execPath, "--input-type=module", "-e", script]);
  expect(result).toMatchObject({ code: 0, stdout: "EIO" });
  expect(readFileSync(path, "utf8")).toBe('{"t":"begin"}\n');
});
