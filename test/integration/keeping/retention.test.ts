import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type FakeExecution, fakeExecution } from "../../support/envelopes.ts";
import { metric, openRelay, ROOT } from "../../support/ingest-site.ts";
import { type KeepingSite, startKeepingSite } from "../../support/keeping-site.ts";
import { RemoteMlctl } from "../../support/remote-mlctl.ts";

const DAY_MS = 86_400_000;
const day = (date: number) => `2026-11-${String(date).padStart(2, "0")}T08:00:00.000000Z`;

/** The frames of an execution that started and ended on a day of November. */
function ended(execution: FakeExecution, date: number, begin: Record<string, unknown> = {}, uid = 0): string[] {
  const at = { startedAt: day(date), ...begin };
  return [execution.begin(at, uid), execution.lines(1, ["a line"]), execution.end(1, { endedAt: day(date) })];
}

describe("retention by age", () => {
  let site: KeepingSite;
  let mlctl: RemoteMlctl;
  const [old, other, fresh] = [fakeExecution({ job: "train" }), fakeExecution({ job: "train" }), fakeExecution()];
  const [running, bobs] = [fakeExecution({ job: "train" }), fakeExecution()];
  const [held, held2] = [fakeExecution({ job: "precious" }), fakeExecution({ job: "precious" })];

  const isThere = async ({ x, node }: FakeExecution) => (await site.on.archive.get(ROOT, { x, node })) !== undefined;
  const files = () => readdirSync(join(site.on.dataDir, "logs"), { recursive: true, encoding: "utf8" });

  beforeAll(async () => {
    site = await startKeepingSite();
    mlctl = await RemoteMlctl.signedIn(site.web.origin, "alice");
    const relay = await openRelay(site.on);
    await relay.send(
      ...ended(old, 1),
      ...ended(other, 2),
      ...ended(fresh, 25),
      running.begin({ startedAt: day(1) }),
      running.lines(1, ["on and on"]),
      ...ended(held, 1),
      ...ended(held2, 3),
      ...ended(bobs, 1, {}, 1002),
    );
    await site.settled(7);
  });

  test("deletes what ended long ago, in files, index and search together, and records each id", async () => {
    await mlctl.run(["keep", "precious"]);
    const release = site.on.store.inUse.take(site.on.kept.oldest(undefined, 10, "bob")[0] ?? fail());
    expect(await site.sweep({ maxAgeMs: 10 * DAY_MS })).toMatchObject({ executions: 2, busy: 1 });
    for (const gone of [old, other]) {
      expect(await isThere(gone)).toBe(false);
      expect(files().filter((name) => name.includes(gone.x))).toEqual([]);
    }
    for (const stays of [fresh, running, held, held2, bobs]) expect(await isThere(stays)).toBe(true);
    expect(site.on.audited.filter(({ event }) => event === "retention")).toMatchObject([
      { outcome: "ok", reason: "max-age", owner: "root", executions: [`node1/${old.x}`, `node1/${other.x}`] },
    ]);
    expect(await metric(site.on, "ml_retention_deleted_total", "max-age")).toBe(2);
    release();
    expect(await site.sweep({ maxAgeMs: 10 * DAY_MS })).toMatchObject({ executions: 1, busy: 0 });
    expect(await isThere(bobs)).toBe(false);
  });

  test("mlctl keep lists what it keeps, rm refuses it, and release lifts it", async () => {
    const { stdout } = await mlctl.run(["keep"]);
    expect(stdout.split("\t").slice(0, 3)).toEqual(["job precious", "root", "root"]);
    const refused = await mlctl.run(["rm", held.x]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("release it first")]);
    expect((await mlctl.run(["keep", `precious@${held.x}`])).code).toBe(0);
    expect((await mlctl.run(["release", "precious", "--run", held.x])).code).toBe(0);
    expect((await mlctl.run(["release", "precious"])).code).toBe(0);
    expect((await mlctl.run(["release", "precious"])).stderr).toContain("no such hold");
    expect(await mlctl.run(["rm", held.x])).toMatchObject({ code: 0 });
    expect(await isThere(held)).toBe(false);
    expect(site.on.audited.filter(({ event }) => event === "hold")).toMatchObject([
      { action: "keep", by: "owner", user: "root", job: "precious" },
      { action: "keep", job: "precious", run: held.x },
      { action: "release", job: "precious", run: held.x },
      { action: "release", by: "owner", user: "root", job: "precious" },
    ]);
  });

  test("mlctl prune lists what it would delete, then deletes it; usage shows the sums", async () => {
    const usage = await mlctl.run(["usage", "--by", "job"]);
    expect(usage.stdout.split("\n").map((line) => line.split("\t").slice(0, 3))).toContainEqual(["root", "train", "1"]);
    const dry = await mlctl.run(["prune", "--older-than", "10d", "--dry-run"]);
    expect(dry.stdout.split("\t").slice(0, 3)).toEqual([held2.x, "node1", "precious"]);
    expect(dry.stderr).toMatch(/^mlctl: 1 execution, .* would be deleted\n$/);
    expect(await isThere(held2)).toBe(true);
    expect((await mlctl.run(["prune", "--older-than", "10d"])).stderr).toMatch(/deleted\n$/);
    expect(await isThere(held2)).toBe(false);
    expect(await isThere(running)).toBe(true);
    expect(site.on.audited.filter(({ event }) => event === "prune")).toMatchObject([
      { user: "root", owner: "root", executions: [`node1/${held2.x}`] },
    ]);
  });
});

function fail(): never {
  throw new Error("There is no such row");
}
