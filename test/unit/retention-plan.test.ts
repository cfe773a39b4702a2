import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../../src/keeping/job-pattern.ts";
import { type Fact, Plan, type Reason, type Situation } from "../../src/keeping/plan.ts";
import { NO_RETENTION } from "../support/no-retention.ts";

const NOW_MS = 1_000;

type Gone = Map<Fact, Reason>;

/** Facts in the order of their starts, as a sweep offers them. */
const FACTS = fc
  .array(
    fc.record({
      owner: fc.constantFrom("alice", "bob"),
      job: fc.constantFrom("nightly-a", "nightly-b", "once"),
      run: fc.constantFrom("1", "2", "3"),
      startedAtMs: fc.integer({ min: 0, max: 900 }),
      lasted: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      bytes: fc.integer({ min: 1, max: 50 }),
      hold: fc.constantFrom(undefined, undefined, undefined, "owner" as const, "admin" as const),
    }),
    { maxLength: 40 },
  )
  .map((all): Fact[] =>
    all
      .map(({ lasted, ...of }) => ({ ...of, overAtMs: lasted === undefined ? undefined : of.startedAtMs + lasted }))
      .sort((a, b) => a.startedAtMs - b.startedAtMs),
  );

const LIMIT = fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined });
const POLICY = fc.record({
  maxAgeMs: LIMIT,
  bytesPerUser: LIMIT,
  bytes: LIMIT,
  newest: fc.integer({ min: 0, max: 5 }),
  heldBytesPerUser: fc.integer({ min: 0, max: 200 }),
  jobs: fc.constantFrom(
    [],
    [{ pattern: "nightly-*", maxAgeMs: 50, newestRuns: 1 }],
    [{ pattern: "once", maxAgeMs: "never" as const, newestRuns: 0 }],
  ),
});

function situationOf(facts: readonly Fact[], lackingBytes: number): Situation {
  const owners = new Map<string, { executions: number; bytes: number }>();
  for (const { owner, bytes } of facts) {
    const of = owners.get(owner) ?? { executions: 0, bytes: 0 };
    owners.set(owner, { executions: of.executions + 1, bytes: of.bytes + bytes });
  }
  const newestRuns = (owner: string, job: string) => {
    const runs = new Map<string, number>();
    for (const each of facts)
      if (each.owner === owner && each.job === job && !runs.has(each.run)) runs.set(each.run, runs.size);
    return [...runs.keys()].reverse();
  };
  const isOfNewestRuns: Situation["isOfNewestRuns"] = ({ owner, job, run }, newest) =>
    newestRuns(owner, job).slice(0, newest).includes(run);
  return { nowMs: NOW_MS, lackingBytes, owners, isOfNewestRuns };
}

/** Both passes, as a sweep makes them. */
function planned(policy: Partial<typeof NO_RETENTION>, facts: readonly Fact[], lackingBytes = 0): Gone {
  const gone: Gone = new Map();
  const all = { ...NO_RETENTION, ...policy };
  const pass = (plan: Plan, left: readonly Fact[]): Plan => {
    for (const fact of left) {
      if (plan.isOver(fact.startedAtMs)) break;
      const reason = plan.consider(fact);
      if (reason !== undefined) gone.set(fact, reason);
    }
    return plan;
  };
  const first = pass(new Plan(all, situationOf(facts, lackingBytes)), facts);
  const left = facts.filter((fact) => !gone.has(fact));
  if (first.lackingBytes > 0) pass(new Plan(all, situationOf(left, first.lackingBytes), { isSecond: true }), left);
  return gone;
}

const sum = (facts: Iterable<Fact>) => [...facts].reduce((bytes, fact) => bytes + fact.bytes, 0);
const ofOwner = (owner: string) => (fact: Fact) => fact.owner === owner;

/** Property: for any facts, any policy and any lack of space. */
function always(
  check: (of: { policy: typeof NO_RETENTION; facts: Fact[]; lacking: number; gone: Gone }) => void,
): void {
  fc.assert(
    fc.property(POLICY, FACTS, fc.integer({ min: -50, max: 400 }), (some, facts, lacking) => {
      const policy = { ...NO_RETENTION, ...some };
      check({ policy, facts, lacking, gone: planned(policy, facts, lacking) });
    }),
    { numRuns: 300 },
  );
}

describe("the plan of retention", () => {
  test("takes nothing that runs or that an administrator holds", () => {
    always(({ gone }) => {
      for (const { overAtMs, hold } of gone.keys())
        expect([overAtMs === undefined, hold === "admin"]).toEqual([false, false]);
    });
  });

  test("takes what an owner holds only beyond the quota, never the first that fits", () => {
    always(({ policy, facts, gone }) => {
      for (const owner of ["alice", "bob"]) {
        const held = facts.filter(
          (fact) => fact.owner === owner && fact.hold === "owner" && fact.overAtMs !== undefined,
        );
        const stays = held.filter((fact) => !gone.has(fact));
        if (sum(held) <= policy.heldBytesPerUser) expect(stays).toEqual(held);
      }
    });
  });

  test("takes the newest of a user, and of a job's runs, only for free space that is lacking", () => {
    always(({ policy, facts, gone }) => {
      for (const owner of ["alice", "bob"]) {
        const newest = policy.newest === 0 ? [] : facts.filter(ofOwner(owner)).slice(-policy.newest);
        for (const fact of newest) if (gone.has(fact)) expect(gone.get(fact)).toBe("min-free");
      }
      const at = situationOf(facts, 0);
      for (const [fact, reason] of gone) {
        const rule = policy.jobs.find(({ pattern }) => matchesPattern(fact.job, pattern));
        if (rule !== undefined && rule.newestRuns > 0 && at.isOfNewestRuns(fact, rule.newestRuns))
          expect(reason).toBe("min-free");
      }
    });
  });

  test("leaves nothing that is too old, unless something stronger keeps it", () => {
    always(({ policy, facts, gone }) => {
      if (policy.newest > 0 || policy.jobs.length > 0 || policy.maxAgeMs === undefined) return;
      const { maxAgeMs } = policy;
      const old = facts.filter(({ overAtMs = NOW_MS, hold }) => hold === undefined && NOW_MS - overAtMs > maxAgeMs);
      for (const fact of old) expect(gone.has(fact)).toBe(true);
    });
  });

  test("meets each limit of bytes, or leaves nothing that it may take", () => {
    always(({ policy, facts, lacking, gone }) => {
      const left = facts.filter((fact) => !gone.has(fact));
      const mayGo = left.filter(({ overAtMs, hold }) => overAtMs !== undefined && hold === undefined);
      const isFree = sum(gone.keys()) >= lacking;
      expect(isFree || mayGo.length === 0).toBe(true);
      if (policy.newest > 0 || policy.jobs.length > 0) return;
      for (const owner of ["alice", "bob"]) {
        const isWithin = sum(left.filter(ofOwner(owner))) <= (policy.bytesPerUser ?? Number.POSITIVE_INFINITY);
        expect(isWithin || !mayGo.some(ofOwner(owner))).toBe(true);
      }
      expect(sum(left) <= (policy.bytes ?? Number.POSITIVE_INFINITY) || mayGo.length === 0).toBe(true);
    });
  });

  test("takes no more for free space than is lacking, the oldest first", () => {
    always(({ facts, lacking }) => {
      const gone = planned({}, facts, lacking);
      const last = [...gone.keys()].at(-1);
      if (last !== undefined) expect(sum(gone.keys()) - last.bytes).toBeLessThan(Math.max(lacking, 1));
      const mayGo = facts.filter(({ overAtMs, hold }) => overAtMs !== undefined && hold === undefined);
      expect(mayGo.slice(0, gone.size)).toEqual([...gone.keys()]);
    });
  });

  test.each<[string, Reason | undefined]>([
    ["nightly-x", "max-age"],
    ["precious", undefined],
    ["other", undefined],
  ])("of job %s it takes by the rule of its name: %s", (job, reason) => {
    const jobs = [
      { pattern: "nightly-?", maxAgeMs: 10, newestRuns: 0 },
      { pattern: "pre*", maxAgeMs: "never" as const, newestRuns: 0 },
    ];
    const fact: Fact = { owner: "a", job, run: "1", startedAtMs: 0, overAtMs: 900, bytes: 1, hold: undefined };
    expect(planned({ maxAgeMs: 500, jobs }, [fact]).get(fact)).toBe(reason);
  });

  test("puts back what could not be deleted", () => {
    const fact = (bytes: number): Fact => ({
      owner: "a",
      job: "j",
      run: "1",
      startedAtMs: 0,
      overAtMs: 1,
      bytes,
      hold: undefined,
    });
    const [first, second] = [fact(10), fact(20)];
    const plan = new Plan(NO_RETENTION, situationOf([first, second], 10));
    expect(plan.consider(first)).toBe("min-free");
    expect(plan.isOver(0)).toBe(true);
    plan.stays(first);
    expect(plan.consider(second)).toBe("min-free");
    expect(plan.lackingBytes).toBe(-10);
  });
});

test.each([
  ["nightly-build", "nightly-*", true],
  ["nightly", "nightly-*", false],
  ["a.b", "a?b", true],
  ["abc", "*b*", true],
  ["", "*", true],
  ["[x]", "[x]", true],
  ["x".repeat(128), `${"*x".repeat(40)}y`, false],
])("a job %s fits the pattern %s: %s", (name, pattern, fits) => {
  expect(matchesPattern(name, pattern)).toBe(fits);
});
