import { describe, expect, test } from "vitest";
import { UserTurns } from "../../src/web/user-turns.ts";
import { deferred } from "../support/deferred.ts";

const OPTIONS = { what: "searches", maxWaiting: 8 };

/** Searches that end when `release` is called, and the order in which they ran. */
function begun() {
  const { promise: released, resolve: release } = deferred();
  const running = { now: 0, most: 0, all: 0 };
  const searches = new UserTurns(OPTIONS);
  const search = async () => {
    running.now += 1;
    running.all += 1;
    running.most = Math.max(running.most, running.now);
    await released;
    running.now -= 1;
    return "found";
  };
  const run = (uid: number, isWanted = () => true) => searches.run(uid, { isWanted, work: search });
  return { run, running, release: () => release() };
}

describe("searches of one user", () => {
  test("run one at a time, and a bounded number wait", async () => {
    const { run, running, release } = begun();
    const all = Array.from({ length: 9 }, () => run(1001));
    await expect(run(1001)).rejects.toMatchObject({ status: 429, code: "too_many" });
    const another = run(1002);
    await Promise.resolve();
    expect(running).toMatchObject({ now: 2, all: 2 });
    release();
    expect(await Promise.all([...all, another])).toEqual(Array(10).fill("found"));
    expect(running).toMatchObject({ now: 0, most: 2, all: 10 });
    expect(await run(1001)).toBe("found");
  });

  test("do not start for a client who has left", async () => {
    const { run, running, release } = begun();
    const first = run(1001);
    const left = run(1001, () => false);
    release();
    expect([await first, await left]).toEqual(["found", undefined]);
    expect(running.all).toBe(1);
  });
});

test("a search that fails does not keep the next one from running", async () => {
  const searches = new UserTurns(OPTIONS);
  const failing = searches.run(1, { isWanted: () => true, work: () => Promise.reject(new Error("no")) });
  const next = searches.run(1, { isWanted: () => true, work: async () => "found" });
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("found");
});
