import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Journal } from "../../../src/agent/journal/journal.ts";
import { AgentSite } from "../../support/agent-site.ts";
import { poll } from "../../support/poll.ts";
import { compileLibrary } from "../../support/preload.ts";

const IS_ROOT = process.getuid?.() === 0;

test.skipIf(!IS_ROOT)("after another boot a started run is unknown, and what was not started starts once", async () => {
  const site = await AgentSite.create();
  await site.start();
  const started = site.run(site.counting("started", "sleep 1000"));
  await site.until(started, "started");
  await site.root?.end();
  // Confirmed only by the process after the boot: so this one waits.
  site.answer = (event) => (event.kind === "journal" ? undefined : "+");
  await site.start();
  const waiting = site.run(site.counting("waiting"));
  await site.until(waiting, "accepted");
  await site.root?.end();
  site.answer = () => "+";
  const boot = join(site.folder, "boot-id");
  writeFileSync(boot, `${randomUUID()}\n`);
  const asAfterBoot = `mount --bind ${boot} /proc/sys/kernel/random/boot_id && exec "$@"`;
  await site.start({ through: ["unshare", "--mount", "sh", "-c", asAfterBoot, "sh"] });
  expect(await site.until(started, "unknown")).toMatchObject({ why: "restarted" });
  await site.until(waiting, "finished");
  expect([site.count("started"), site.count("waiting")]).toEqual([1, 1]);
  // The machine was not really restarted: the command goes on, and its owner can still stop it.
  site.cancel(started);
  expect(await site.until(started, "failed")).toMatchObject({ signal: "SIGTERM", by: site.user });
});

test("a journal that was wiped refuses what it may have run", async () => {
  const site = await AgentSite.create();
  await site.start();
  const order = site.order({ argv: ["sh", "-c", site.counting("wiped")] });
  const message = site.key.message(order);
  site.send(message);
  await site.until(order, "finished");
  await site.root?.end();
  for (const name of ["journal", "runs", "new", "floor"])
    rmSync(join(site.folder, "state", name), { recursive: true, force: true });
  await site.start();
  site.send(message);
  expect(await site.until(order, "refused")).toMatchObject({ why: "before-journal" });
  expect(site.count("wiped")).toBe(1);
  await site.until(site.run("true"), "finished");
});

test("on a clock that was set back no forgotten order runs again, and new ones wait until the clock is right", async () => {
  const site = await AgentSite.create();
  await site.start();
  const done = site.order({ argv: ["sh", "-c", site.counting("done")] });
  const message = site.key.message(done);
  site.send(message);
  await site.until(done, "finished");
  await site.root?.end();
  // Forgotten as its time has come: then it is one that could still be obeyed, by a clock that is behind.
  const journal = new Journal(join(site.folder, "state"), { id: done.run, nowMs: Date.now() });
  journal.remove({ user: site.user, run: done.run }, done);
  const library = await compileLibrary("clock_back", site.folder);
  await site.start({ env: { LD_PRELOAD: library, CLOCK_BACK: "3600" } });
  const before = site.states.length;
  site.send(message);
  const fresh = site.order({ argv: ["sh", "-c", site.counting("fresh")] });
  site.send(site.key.message(fresh));
  expect(await site.until(fresh, "waiting")).toMatchObject({ why: "clock" });
  await poll("the same of the other", () => site.states.slice(before).some(({ run }) => run === done.run));
  await site.root?.end();
  await site.start();
  site.send(message);
  expect(await site.until(done, "refused")).toMatchObject({ why: "before-floor" });
  const later = site.order({ argv: ["true"], expires: done.expires + 1 });
  site.send(site.key.message(later));
  await site.until(later, "finished");
  expect([site.count("done"), site.count("fresh")]).toEqual([1, 0]);
});
