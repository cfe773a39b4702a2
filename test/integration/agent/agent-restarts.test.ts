import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AgentSite } from "../../support/agent-site.ts";

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
