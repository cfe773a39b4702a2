import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { hashKey } from "../../../src/frame/key-hash.ts";
import { parseBegin } from "../../../src/wire/begin.ts";
import { makeExecutionId } from "../../../src/wire/ids.ts";
import type { RunSummary } from "../../../src/wire/runs.ts";
import { asTime } from "../../../src/wire/time.ts";
import { type IngestSite, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const NOON = Date.parse("2026-11-20T12:00:00Z");
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NONE = { stdout: 0, stderr: 0 };

interface Said {
  readonly job?: string;
  readonly node?: string;
  readonly rank?: number | undefined;
  readonly run?: string | undefined;
  readonly parent?: string;
}

/** One execution as ingest hands it to the store. */
class Launched {
  readonly x = makeExecutionId(NOON, randomBytes(16));
  readonly node: string;
  readonly #k = randomBytes(16).toString("base64url");
  readonly #said: Said;
  readonly #startedMs: number;

  constructor(said: Said, startedMs: number) {
    this.#said = said;
    this.#startedMs = startedMs;
    this.node = said.node ?? "node1";
  }

  get identity() {
    return { node: this.node, x: this.x, keyHash: hashKey(this.#k) };
  }

  /** Its BEGIN arrives. */
  async begin(on: IngestSite): Promise<void> {
    const { job = "train", rank, node = "node1", ...launch } = this.#said;
    const labels = rank === undefined ? {} : { rank: String(rank) };
    const startedAt = asTime(this.#startedMs);
    const said = { v: 1, x: this.x, k: this.#k, job, argv: ["./a"], cwd: "/", labels, startedAt, node, pid: 7 };
    const begin = parseBegin(JSON.stringify({ ...said, ...launch }));
    if (begin === undefined) throw new Error("Not a BEGIN");
    expect(await on.store.claim({ identity: this.identity, begin, uid: 0 })).toBe("stored");
    expect(await on.store.commit()).toBe("stored");
  }

  /** Its END arrives. */
  async end(on: IngestSite, endedMs: number, code = 0): Promise<void> {
    const counts = { lines: NONE, printed: NONE, thinned: NONE, dropped: NONE, cutShort: false };
    const json = JSON.stringify({ code, signal: null, endedAt: asTime(endedMs), ...counts });
    expect(await on.store.store([{ kind: "end", slot: on.store.slotFor(this.identity), lastN: 0, json }])).toBe(
      "stored",
    );
    // By itself the index follows within two seconds, which the test's clock has not.
    await on.store.indexStates("root");
  }

  async run(on: IngestSite): Promise<string | undefined> {
    return (await on.archive.get(ROOT, { x: this.x, node: this.node }))?.run;
  }
}

async function launched(on: IngestSite, said: Said, atMs = 0): Promise<Launched> {
  const execution = new Launched(said, NOON + atMs);
  await execution.begin(on);
  return execution;
}

describe("the run of an execution", () => {
  let on: IngestSite;
  let jobs = 0;
  beforeAll(async () => {
    on = await startIngestSite({ dataDir: await tempFolder(), nowMs: () => NOON + 60 * MINUTE });
  });

  /** Launches and ends in one job of its own, then tells which executions share a run. */
  async function runsOf(...steps: ((job: string, before: Launched[]) => Promise<Launched | undefined>)[]) {
    jobs += 1;
    const all: Launched[] = [];
    for (const step of steps) {
      const execution = await step(`job${jobs}`, all);
      if (execution !== undefined) all.push(execution);
    }
    const runs = await Promise.all(all.map((execution) => execution.run(on)));
    return runs.map((run) => runs.indexOf(run));
  }
  const start = (said: Said, atMs: number) => (job: string) => launched(on, { ...said, job }, atMs);
  const end = (which: number, atMs: number) => async (_job: string, before: Launched[]) => {
    await before[which]?.end(on, NOON + atMs);
    return undefined;
  };

  it("is that of the job's executions that start beside it, on any node, in any order of arrival", async () => {
    const nodes = [start({}, 500), start({ node: "node2" }, 0), start({ node: "node3" }, 40 * SECOND), start({}, 300)];
    expect(await runsOf(...nodes)).toEqual([0, 0, 0, 0]);
  });

  it("goes on until all of its executions have ended for ten minutes", async () => {
    const first = [start({}, 0), start({ node: "node2" }, 0), end(0, MINUTE)];
    const beside = start({ node: "node3" }, 59 * MINUTE);
    expect(await runsOf(...first, beside)).toEqual([0, 0, 0]);
    expect(await runsOf(...first, end(1, 49 * MINUTE), beside)).toEqual([0, 0, 0]);
    expect(await runsOf(...first, end(1, 48 * MINUTE), beside)).toEqual([0, 0, 2]);
  });

  it("is a new one when the same rank starts again on the same node after its end", async () => {
    const loop = [start({}, 0), end(0, SECOND), start({}, 2 * SECOND), end(1, 3 * SECOND), start({}, 4 * SECOND)];
    expect(await runsOf(...loop)).toEqual([0, 1, 2]);
    const ranks = [start({ rank: 0 }, 0), start({ rank: 1 }, 0), end(0, SECOND)];
    expect(await runsOf(...ranks, start({ rank: 2 }, 2 * SECOND))).toEqual([0, 0, 0]);
    const again = [start({ rank: 0 }, 2 * SECOND), start({ rank: 1 }, 2 * SECOND)];
    expect(await runsOf(...ranks, ...again)).toEqual([0, 0, 2, 2]);
  });

  it("is the same while the same rank runs beside it", async () => {
    expect(await runsOf(start({}, 0), start({}, 10 * SECOND), start({}, 5 * MINUTE))).toEqual([0, 0, 0]);
  });

  it("is the one of its time when its BEGIN comes late", async () => {
    const earlier = [start({}, 0), end(0, SECOND), start({}, 30 * MINUTE), end(1, 31 * MINUTE)];
    expect(await runsOf(...earlier, start({ node: "node2" }, 0.5 * SECOND))).toEqual([0, 1, 0]);
    expect(await runsOf(...earlier, start({ node: "node2" }, 30.5 * MINUTE))).toEqual([0, 1, 1]);
    expect(await runsOf(start({}, 30 * MINUTE), start({ node: "node2" }, 28 * MINUTE))).toEqual([0, 1]);
    expect(await runsOf(start({}, 30 * SECOND), end(0, 31 * SECOND), start({}, 20 * SECOND))).toEqual([0, 1]);
  });

  it("is the launch that the BEGIN names, whatever runs beside it", async () => {
    const named = [start({ run: "4711" }, 0), start({ run: "4712" }, 0), start({ run: "4711" }, 50 * MINUTE)];
    expect(await runsOf(...named, start({}, 0), start({ node: "node2" }, 0))).toEqual([0, 1, 0, 3, 3]);
  });

  it("is that of the enclosing mlrun, whichever of them is heard of first", async () => {
    const inner = (outer: number) => (job: string, before: Launched[]) =>
      launched(on, { job, run: before[outer]?.x ?? "" }, SECOND);
    expect(await runsOf(start({}, 0), inner(0), inner(0))).toEqual([0, 0, 0]);
    expect(await runsOf(start({}, 0), start({ node: "node2" }, 0), inner(1))).toEqual([0, 0, 0]);
    expect(await runsOf(start({ run: "4711" }, 0), inner(0))).toEqual([0, 0]);
    const outer = new Launched({ job: "late outer" }, NOON);
    const first = await launched(on, { job: "late outer", run: outer.x }, SECOND);
    await outer.begin(on);
    expect([await first.run(on), await outer.run(on)]).toEqual([outer.x, outer.x]);
  });

  it("is one of its own job and owner only", async () => {
    const [a, b] = [await launched(on, { job: "a", run: "same" }), await launched(on, { job: "b", run: "same" })];
    expect([await a.run(on), await b.run(on)]).toEqual(["same", "same"]);
    const { runs } = await on.archive.runs(ROOT, { job: "a", limit: 10 });
    expect(runs).toMatchObject([{ owner: "root", job: "a", run: "same", executions: 1, running: 1 }]);
  });

  it("counts states right, and shows only its own executions", async () => {
    const job = "counted";
    const all: Launched[] = [];
    for (let i = 0; i < 40; i += 1) all.push(await launched(on, { job, run: i < 30 ? "1" : "2", rank: i }, i));
    for (const [i, execution] of all.entries()) if (i % 4 < 3) await execution.end(on, NOON + i, i % 4 === 2 ? 1 : 0);
    const { runs, next } = await on.archive.runs(ROOT, { job, limit: 1 });
    expect(runs).toMatchObject([{ run: "2", executions: 10, running: 3, finished: 4, failed: 3, lost: 0 }]);
    const rest = await on.archive.runs(ROOT, { job, limit: 10, before: next ?? "" });
    expect(rest).toMatchObject({
      runs: [{ run: "1", executions: 30, running: 7, finished: 16, failed: 7 }],
      next: null,
    });
    const total = (await on.archive.jobs(ROOT)).find((each) => each.job === job);
    expect(total).toMatchObject({ runs: 2, executions: 40, running: 10, finished: 20, failed: 10, lost: 0 });
    const page = await on.archive.list(ROOT, { job, run: "2", limit: 100 });
    expect(page.executions.map(({ x }) => x)).toEqual(
      all
        .slice(30)
        .map(({ x }) => x)
        .reverse(),
    );
    for (const { x, node } of all.slice(30, 39)) await on.archive.remove(ROOT, { x, node });
    const { runs: left } = await on.archive.runs(ROOT, { job, limit: 10 });
    expect(left).toMatchObject([{ run: "2", executions: 3, running: 3, finished: 0 }, { run: "1" }]);
  });
});

type Step =
  | { readonly is: "begin"; readonly said: Said; readonly lateMs: number; readonly outer: number }
  | { readonly is: "end" | "begin again"; readonly which: number }
  | { readonly is: "wait"; readonly ms: number }
  | { readonly is: "restart" };

const said = fc.record({
  job: fc.constantFrom("a", "b"),
  node: fc.constantFrom("node1", "node2"),
  rank: fc.constantFrom(undefined, 0, 1),
  run: fc.constantFrom(undefined, undefined, undefined, "4711", "outer"),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: beginStep() },
  { weight: 5, arbitrary: fc.record({ is: fc.constant("end" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant("begin again" as const), which: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant("wait" as const), ms: fc.constantFrom(900, 20_000, 700_000) }) },
  { weight: 1, arbitrary: fc.constant({ is: "restart" as const }) },
);

function beginStep(): fc.Arbitrary<Step> {
  const lateMs = fc.constantFrom(0, 0, 0, 100, 30_000, 3_600_000);
  return fc.record({ is: fc.constant("begin" as const), said, lateMs, outer: fc.nat(20) });
}

/** Everything that the index knows of runs. */
async function known({ archive }: IngestSite) {
  const { executions } = await archive.list(ROOT, { limit: 500 });
  const { runs } = await archive.runs(ROOT, { limit: 500 });
  const of = Object.fromEntries(executions.map(({ x, run }) => [x, run]));
  return { of, states: executions.map(({ x, state }) => `${x} ${state}`), runs, jobs: await archive.jobs(ROOT) };
}

/** The counts of each run are those of the list of its executions; while a clock judges, both change. */
async function untilCountsAgree(on: IngestSite): Promise<void> {
  const { runs } = await on.archive.runs(ROOT, { limit: 500 });
  for (const { owner, job, run } of runs) {
    await poll(`the counts of run ${run}`, async () => {
      const asked = (await on.archive.runs(ROOT, { owner, job, limit: 500 })).runs.find((each) => each.run === run);
      return isDeepStrictEqual({ ...asked, ...(await counted(on, { owner, job, run })) }, asked);
    });
  }
}

async function counted({ archive }: IngestSite, { owner, job, run }: Pick<RunSummary, "owner" | "job" | "run">) {
  const { executions } = await archive.list(ROOT, { owner, job, run, limit: 500 });
  const inState = (state: string) => executions.filter((each) => each.state === state).length;
  const states = { running: inState("running"), finished: inState("finished"), failed: inState("failed") };
  return { executions: executions.length, ...states, lost: inState("lost") };
}

it("is stored: runs stay as they are over restarts and replays, and a reindex of the files finds the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const dataDir = await tempFolder();
      let nowMs = NOON;
      const open = (reindex: boolean) => startIngestSite({ dataDir, nowMs: () => nowMs, reindex });
      let on = await open(false);
      const all: Launched[] = [];
      const first = new Map<string, string>();
      for (const each of steps) {
        if (each.is === "begin") {
          const outer = all[each.outer]?.x;
          const run = each.said.run === "outer" ? outer : each.said.run;
          const execution = new Launched({ ...each.said, run }, nowMs - each.lateMs);
          await execution.begin(on);
          all.push(execution);
          first.set(execution.x, (await execution.run(on)) ?? "");
        } else if (each.is === "end") await all[each.which]?.end(on, nowMs);
        else if (each.is === "begin again") await all[each.which]?.begin(on);
        else if (each.is === "wait") nowMs += each.ms;
        else {
          await on.stop();
          on = await open(false);
        }
      }
      const live = await known(on);
      expect(live.of).toEqual(Object.fromEntries(first));
      await untilCountsAgree(on);
      await on.stop();
      on = await open(true);
      const again = await known(on);
      expect(again.of).toEqual(live.of);
      expect(again.runs.map(({ run, executions }) => [run, executions])).toEqual(
        live.runs.map(({ run, executions }) => [run, executions]),
      );
      await untilCountsAgree(on);
      await on.stop();
    }),
    { numRuns: 15 },
  );
});
