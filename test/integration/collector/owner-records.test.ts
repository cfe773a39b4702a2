import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { letRead } from "../../../src/store/owner/acl.ts";
import { OwnerFolders } from "../../../src/store/owner/owner-folder.ts";
import type { OwnerAnswer } from "../../../src/store/owner/owner-lookup.ts";
import { OwnerRecords } from "../../../src/store/owner/owner-records.ts";
import { fakeExecution, STARTED_AT } from "../../support/envelopes.ts";
import { type IngestSite, openRelay, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { MLCOLLECTOR } from "../../support/site.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const DAY = STARTED_AT.slice(0, 10);
const { PATH } = process.env;
afterEach(() => {
  process.env["PATH"] = PATH;
});

/** What a user named alice with this uid on the collector sees. */
async function listOf(on: IngestSite, uid: number): Promise<string[]> {
  const viewer = { user: on.store.ownerId({ name: "alice", uid }), uid, admin: false };
  const { executions } = await on.archive.list(viewer, { limit: 10 });
  return executions.map(({ x }) => x);
}

const aclOf = (path: string) => execFileSync("getfacl", ["-n", "-p", path], { encoding: "utf8" });

/** A site with one execution of alice, uid 1001, made while there was no setfacl. */
async function siteWithoutAcls(dataDir: string): Promise<string> {
  const on = await startIngestSite({ dataDir, ownerOf: async () => ({ name: "alice", uid: 1_001 }) });
  process.env["PATH"] = "/nonexistent";
  const a = fakeExecution();
  await (await openRelay(on)).send(a.begin(), a.lines(1, ["1"]), a.end(1));
  process.env["PATH"] = PATH;
  await on.stop();
  return a.x;
}

describe("a user with the name of an earlier one", () => {
  it.each(["at once", "after a restart", "after a reindex"])(
    "never sees the earlier user's executions, %s",
    async (when) => {
      const dataDir = await tempFolder();
      const owner = { name: "alice", uid: 1_001 };
      const ownerOf = async (): Promise<OwnerAnswer> => ({ ...owner });
      const first = await startIngestSite({ dataDir, ownerOf });
      const [old, fresh] = [fakeExecution(), fakeExecution()];
      await (await openRelay(first)).send(old.begin(), old.lines(1, ["1"]), old.end(1));
      if (when !== "at once") await first.stop();
      owner.uid = 1_005;
      const on =
        when === "at once" ? first : await startIngestSite({ dataDir, ownerOf, reindex: when === "after a reindex" });
      expect(await listOf(on, 1_005)).toEqual([]);
      await (await openRelay(on)).send(fresh.begin(), fresh.lines(1, ["1"]), fresh.end(1));
      expect(await listOf(on, 1_005)).toEqual([fresh.x]);
      expect(await listOf(on, 1_001)).toEqual([old.x]);
      expect(aclOf(join(dataDir, "logs/alice"))).not.toContain("user:1005");
      expect(aclOf(join(dataDir, "logs/alice%7E1005", DAY))).toMatch(/^user:1005:r-x$/m);
    },
  );

  it("does not see what an earlier version stored without recording its owner", async () => {
    const dataDir = await tempFolder();
    const first = await startIngestSite({ dataDir, ownerOf: async () => ({ name: "alice", uid: 1_001 }) });
    const old = fakeExecution();
    await (await openRelay(first)).send(old.begin(), old.end(0));
    await first.stop();
    rmSync(join(dataDir, "logs/alice/.owner"));
    const on = await startIngestSite({ dataDir, recordOwners: async () => 1_005 });
    expect(await listOf(on, 1_005)).toEqual([]);
    expect(await listOf(on, 1_001)).toEqual([old.x]);
  });
});

describe("a folder that was made while setfacl was missing", () => {
  it("becomes readable for its owner after a start with setfacl, with its days and files", async () => {
    const dataDir = await tempFolder();
    const x = await siteWithoutAcls(dataDir);
    const day = join(dataDir, "logs/alice", DAY);
    expect(aclOf(day)).not.toContain("user:1001");
    await startIngestSite({ dataDir });
    const log = readdirSync(day).find((name) => name.startsWith(x) && name.endsWith(".log")) ?? "";
    await poll("the ACL of its log", () => /^user:1001:r--$/m.test(aclOf(join(day, log))));
    expect(aclOf(day)).toMatch(/^user:1001:r-x$/m);
    expect(aclOf(day)).toMatch(/^default:user:1001:r-x$/m);
    expect(aclOf(join(day, log))).toMatch(/^group::---$/m);
  });

  it("is checked once: a correct folder is left alone", async () => {
    const dataDir = await tempFolder();
    await siteWithoutAcls(dataDir);
    const second = await startIngestSite({ dataDir });
    const day = join(dataDir, "logs/alice", DAY);
    await poll("the repair", () => aclOf(day).includes("user:1001"));
    await poll("the record of it", () =>
      /"isReadable":true/.test(execFileSync("cat", [join(dataDir, "logs/alice/.owner")], { encoding: "utf8" })),
    );
    await second.stop();
    execFileSync("setfacl", ["-b", day]);
    const third = await startIngestSite({ dataDir });
    await third.stop();
    expect(aclOf(day)).not.toContain("user:1001");
    await letRead(day, 1_001);
  });
});

it("a collector without setfacl does not start, and says what to install", async () => {
  const dataDir = await tempFolder();
  const pki = await tempFolder();
  const env = { ...process.env, PATH: "/nonexistent" };
  const args = [MLCOLLECTOR, "--data-dir", dataDir, "--pki", pki, "--relp", "127.0.0.1:0", "--web", "127.0.0.1:0"];
  const { code, stderr } = await run(process.execPath, args, { env });
  expect(code).toBe(1);
  expect(stderr).toContain("setfacl is missing: install the package acl, then start again");
});

it("what was begun in a folder that somebody then removed is done again, once", async () => {
  const records = new OwnerRecords(await tempFolder());
  const folders = new OwnerFolders({ records, log: { event: () => undefined } });
  let tries = 0;
  const act = async (): Promise<string> => {
    tries += 1;
    if (tries !== 2) throw Object.assign(new Error("Gone"), { code: "ENOENT" });
    return "done";
  };
  expect(await folders.inside({ name: "alice", uid: undefined }, act)).toBe("done");
  expect(tries).toBe(2);
  await expect(folders.inside({ name: "alice", uid: undefined }, act)).rejects.toThrow("Gone");
  expect(tries).toBe(4);
});
