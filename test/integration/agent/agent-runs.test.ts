import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { AgentSite } from "../../support/agent-site.ts";
import { afterwards } from "../../support/cleanup.ts";
import { poll } from "../../support/poll.ts";
import { compileProgram } from "../../support/preload.ts";
import { processesWith } from "../../support/processes-with.ts";
import { readIfThere } from "../../support/read-if-there.ts";

let site: AgentSite;

beforeAll(async () => {
  site = await AgentSite.create();
  await site.start();
});

test("a signed order runs once, and its end is reported", async () => {
  const order = site.run(site.counting("once", "exit 3"));
  const ended = await site.until(order, "failed");
  expect(ended).toMatchObject({ code: 3, signal: null, by: "" });
  expect(site.count("once")).toBe(1);
  // A short command may be over before its first states are told; none is told late.
  const expected = ["accepted", "started", "failed"];
  const told = site.statesOf(order).map((state) => expected.indexOf(state));
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(2);
});

test("the same order again is only reported again", async () => {
  const order = site.run(site.counting("again"));
  await site.until(order, "finished");
  const before = site.states.length;
  site.send(site.key.message(order));
  await poll("the state again", () =>
    site.states.slice(before).some(({ run, state }) => run === order.run && state === "finished"),
  );
  expect(site.count("again")).toBe(1);
});

test("stop ends everything that the command started, also in other sessions", async () => {
  const pids = join(site.folder, "count/pids");
  const order = site.run(
    `trap '' TERM; (setsid sh -c 'trap "" TERM; echo $$ >> ${pids}; sleep 1000') & sleep 0.2; echo $$ >> ${pids}; wait; sleep 1000`,
  );
  await site.until(order, "started");
  const lines = await poll("two processes", () => {
    const all = readIfThere(pids).trim().split("\n").map(Number);
    return all.length === 2 && all;
  });
  site.cancel(order);
  expect(await site.until(order, "failed")).toMatchObject({ signal: "SIGKILL", by: site.user });
  expect(lines.filter(isThere)).toEqual([]);
});

test("stop also ends a process that never has one pid for long; what a command leaves behind is that as well", async () => {
  const comet = await compileProgram("comet", site.folder);
  const stop = join(site.folder, "stop");
  const seen = join(site.folder, "count/seen");
  afterwards(() => writeFileSync(stop, ""));
  const sizeOf = (): number => statSync(seen, { throwIfNoEntry: false })?.size ?? 0;
  const script = `${comet} ${stop} ${seen} & until [ -s ${seen} ]; do sleep 0.01; done;`;
  const stopped = site.run(`${script} sleep 1000`);
  await poll("the comet", () => sizeOf() > 0);
  site.cancel(stopped);
  expect(await site.until(stopped, "failed")).toMatchObject({ by: site.user });
  // Its end is reported when nothing is left of it.
  expect(processesWith("cmdline", comet)).toEqual([]);
  rmSync(seen);
  const left = site.run(`${script} exit 5`);
  expect(await site.until(left, "failed")).toMatchObject({ code: 5, signal: null });
  expect(processesWith("cmdline", comet)).toEqual([]);
  const before = sizeOf();
  // One that was missed between two pids would have shown by the end of another run.
  await site.until(site.run("sleep 0.2"), "finished");
  expect(sizeOf()).toBe(before);
});

test("a cancel that comes first keeps the run from starting", async () => {
  const order = site.order({ argv: ["sh", "-c", site.counting("never")] });
  site.cancel(order);
  site.send(site.key.message(order));
  expect(await site.until(order, "cancelled")).toMatchObject({ by: site.user });
  site.send(site.key.message(order));
  expect(site.count("never")).toBe(0);
});

test("a folder that is missing is a failure with its name", async () => {
  const order = site.run(site.counting("cwd"), { cwd: "/nonexistent" });
  expect(await site.until(order, "failed")).toMatchObject({ why: "cwd" });
  expect(site.count("cwd")).toBe(0);
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
