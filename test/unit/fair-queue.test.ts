import { describe, expect, test, vi } from "vitest";
import { type Claimant, FairQueue } from "../../src/auth/fair-queue.ts";
import { afterwards } from "../support/cleanup.ts";

const LIMITS = { maxRunning: 1, maxWaiting: 40, maxWaitingPerGroup: 8, maxWaitMs: 30_000 };

/** A queue whose only turn is taken, and the order in which later arrivals get theirs. */
async function busy(limits: Partial<typeof LIMITS> = {}) {
  const queue = new FairQueue({ ...LIMITS, ...limits });
  const order: string[] = [];
  const first = await queue.take({ group: "first", user: "first", isKnown: false });
  const come = async (name: string, claimant: Partial<Claimant> = {}) => {
    const end = await queue.take({ group: name, user: name, isKnown: false, ...claimant });
    order.push(end === undefined ? `${name} refused` : name);
    end?.();
  };
  return { order, come, begin: () => first?.() };
}

describe("turns at a scarce thing", () => {
  test("rotate among address groups, however many of one wait", async () => {
    const { order, come, begin } = await busy();
    const guesses = Array.from({ length: 6 }, (_, i) => come(`guess${i}`, { group: "guesser" }));
    const all = [...guesses, come("alice"), come("bob")];
    begin();
    await Promise.all(all);
    expect(order.slice(0, 3)).toEqual(["guess0", "alice", "bob"]);
  });

  test("rotate among users when every guess comes from another address", async () => {
    const { order, come, begin } = await busy();
    const guesses = Array.from({ length: 6 }, (_, i) => come(`guess${i}`, { user: "root" }));
    const all = [...guesses, come("alice")];
    begin();
    await Promise.all(all);
    expect(order.slice(0, 2)).toEqual(["guess0", "alice"]);
  });

  test("go first to those who were here before", async () => {
    const { order, come, begin } = await busy();
    const all = [...Array.from({ length: 30 }, (_, i) => come(`guess${i}`)), come("alice", { isKnown: true })];
    begin();
    await Promise.all(all);
    expect(order[0]).toBe("alice");
  });

  test("are bounded: the last in that order gives up, and a group holds only its share", async () => {
    const { order, come, begin } = await busy({ maxWaiting: 10 });
    const all = Array.from({ length: 10 }, (_, i) => come(`guess${i}`));
    all.push(come("alice", { isKnown: true }), come("late"));
    all.push(...Array.from({ length: 9 }, (_, i) => come(`many${i}`, { group: "many" })));
    begin();
    await Promise.all(all);
    expect(order.filter((each) => each.endsWith("refused"))).toHaveLength(11);
    expect(order).toContain("alice");
    expect(order).toContain("late refused");
  });

  test("are waited for in bounded time", async () => {
    vi.useFakeTimers();
    afterwards(() => void vi.useRealTimers());
    const { order, come } = await busy();
    const waiting = come("alice");
    await vi.advanceTimersByTimeAsync(30_000);
    await waiting;
    expect(order).toEqual(["alice refused"]);
  });
});
