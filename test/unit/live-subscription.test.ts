import { setImmediate as tick } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createHub, type LiveHub } from "../../src/live/hub.ts";
import type { Target } from "../../src/wire/live.ts";
import { FakeArchive, type FakeExecution, type FakeViewer } from "../support/fake-archive.ts";
import { watch } from "../support/watching.ts";

const log = { event: () => {} };

const X = "01ARZ3NDEKTSV4RRFFQ69G5FA0";
const IDS = [X, "01ARZ3NDEKTSV4RRFFQ69G5FA1", "01ARZ3NDEKTSV4RRFFQ69G5FA2"];

const SOMEBODY = { lines: () => undefined, summary: () => undefined };
const BOB: FakeViewer = { user: "bob", uid: 1002, admin: false };
const ADMIN: FakeViewer = { user: "root2", uid: 1003, admin: true };

/** What happens to one of the executions: lines are stored, held back, stored late; or time passes. */
type Step =
  | { readonly do: "store" | "hold"; readonly on: number; readonly lines: number }
  | { readonly do: "late"; readonly on: number }
  | { readonly do: "tick"; readonly times: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("store" as const),
        on: fc.nat(2),
        lines: fc.integer({ min: 1, max: 40 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("hold" as const), on: fc.nat(2), lines: fc.integer({ min: 1, max: 9 }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("late" as const), on: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("tick" as const), times: fc.integer({ min: 1, max: 6 }) }) },
  ),
  { minLength: 5, maxLength: 80, size: "max" },
);

/** Runs steps on executions, as the store would: stored and published in one tick. */
class Producer {
  readonly #hub: LiveHub;
  readonly #executions: readonly FakeExecution[];
  readonly #next: number[];
  readonly #held: [number, number][][];

  constructor(hub: LiveHub, executions: readonly FakeExecution[]) {
    this.#hub = hub;
    this.#executions = executions;
    this.#next = executions.map(() => 1);
    this.#held = executions.map(() => []);
  }

  async run(step: Step): Promise<void> {
    if (step.do === "tick") {
      for (let i = 0; i < step.times; i += 1) await tick();
      vi.advanceTimersByTime(step.times);
      return;
    }
    const on = step.on % this.#executions.length;
    if (step.do === "late") {
      const range = this.#held[on]?.shift();
      if (range !== undefined) this.#store(on, range);
      return;
    }
    const from = this.#next[on] ?? 1;
    const to = from + step.lines - 1;
    this.#next[on] = to + 1;
    if (step.do === "hold") this.#held[on]?.push([from, to]);
    else this.#store(on, [from, to]);
  }

  releaseAll(): void {
    for (const [on, ranges] of this.#held.entries()) for (const range of ranges.splice(0)) this.#store(on, range);
  }

  #store(on: number, [from, to]: [number, number]): void {
    const execution = this.#executions[on];
    if (execution !== undefined) this.#hub.publish(execution, execution.store(from, to));
  }
}

/** Lets a random number of event-loop turns pass, often none. */
function uneven(seed: readonly number[]): () => Promise<void> {
  let call = 0;
  return async () => {
    call += 1;
    const turns = (seed[call % seed.length] ?? 0) % 5;
    for (let i = 0; i < turns; i += 1) await tick();
  };
}

/** Holds all callers until opened. */
class Gate {
  #waiting: (() => void)[] = [];
  #isOpen = false;

  async pass(): Promise<void> {
    if (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  open(): void {
    this.#isOpen = true;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  /** Releases callers one by one until the condition holds. */
  async openUntil(condition: () => boolean): Promise<void> {
    while (!condition()) {
      this.#waiting.shift()?.();
      await tick();
    }
  }
}

function begun() {
  const archive = new FakeArchive();
  return { hub: createHub(log, Date.now), archive, execution: archive.add({ x: X }) };
}

describe("a subscription", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const targets: Target[] = [{ x: X }, { job: "train" }, { all: true }];

  test.each(targets)("brings every line once, whatever the order of storing and reading: %j", async (what) => {
    const seeds = fc.array(fc.nat(20), { minLength: 1, maxLength: 12 });
    const property = fc.asyncProperty(
      steps,
      steps,
      seeds,
      fc.integer({ min: 1, max: 30 }),
      // Enough viewers for lines to be batched.
      fc.constantFrom(0, 100),
      fc.constantFrom(1, 15, 1_000),
      async (before, after, seed, from, others, maxReadLines) => {
        const hub = createHub(log, Date.now);
        for (let i = 0; i < others; i += 1) hub.watch({ owner: "alice" }, { ...SOMEBODY });
        const archive = new FakeArchive();
        const executions = IDS.slice(0, "x" in what ? 1 : 3).map((x) => archive.add({ x }));
        const producer = new Producer(hub, executions);
        for (const step of before) await producer.run(step);
        archive.pause = uneven(seed);
        archive.maxReadLines = maxReadLines;
        const watching = watch({ hub, archive, what, from, take: uneven([...seed, 1]) });
        for (const step of after) await producer.run(step);
        const { socket, subscription, ran } = await watching;
        producer.releaseAll();
        await ran;
        vi.advanceTimersByTime(20);
        await socket.taken();
        subscription.close();
        hub.close();
        for (const execution of executions) {
          const got = socket.received.lines.get(execution.x) ?? [];
          const wanted = got.filter((n) => n >= from).sort((a, b) => a - b);
          expect(wanted).toEqual([...execution.stored.keys()].filter((n) => n >= from).sort((a, b) => a - b));
          expect(new Set(got).size).toBe(got.length);
        }
        expect(socket.received.texts.filter(({ t }) => t === "live")).toHaveLength(1);
        expect(socket.received.texts.some(({ t }) => t === "lost")).toBe(false);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("sends a line stored late while the last batch was read", async () => {
    const { hub, archive, execution } = begun();
    execution.store(1, 4);
    execution.store(6, 9);
    const gate = new Gate();
    archive.pause = () => gate.pass();
    archive.maxReadLines = 4;
    const watching = watch({ hub, archive, what: { x: X }, from: 1 });
    await gate.openUntil(() => archive.answers("read") === 2);
    hub.publish(execution, execution.store(5, 5));
    gate.open();
    const { socket, ran } = await watching;
    await ran;
    expect((await socket.taken()).lines.get(X)).toEqual([1, 2, 3, 4, 6, 7, 8, 9, 5]);
  });

  test("forwards late lines once live", async () => {
    const { hub, archive, execution } = begun();
    execution.store(3, 4);
    const { socket, ran } = await watch({ hub, archive, what: { x: X }, from: 1 });
    await ran;
    hub.publish(execution, execution.store(1, 2));
    expect((await socket.taken()).lines.get(X)).toEqual([3, 4, 1, 2]);
  });

  test("from the end sends nothing stored before", async () => {
    const { hub, archive, execution } = begun();
    execution.store(1, 5);
    const { socket, ran } = await watch({ hub, archive, what: { job: "train" }, from: "end" });
    await ran;
    hub.publish(execution, execution.store(6, 7));
    expect((await socket.taken()).lines.get(X)).toEqual([6, 7]);
  });

  test("from a given line sends none before it", async () => {
    const { hub, archive, execution } = begun();
    execution.store(1, 50);
    const { socket, ran } = await watch({ hub, archive, what: { x: X }, from: 48 });
    await ran;
    expect((await socket.taken()).lines.get(X)).toEqual([48, 49, 50]);
  });

  test("includes an execution of its job that begins later", async () => {
    const { hub, archive } = begun();
    const { socket, ran } = await watch({ hub, archive, what: { job: "train" }, from: 1 });
    await ran;
    const next = archive.add({ x: IDS[1] ?? "" });
    hub.publish(next, next.store(1, 3));
    hub.publish(archive.add({ x: IDS[2] ?? "", job: "other" }), next.lines(1, 3));
    expect([...(await socket.taken()).lines]).toEqual([[IDS[1], [1, 2, 3]]]);
  });

  test("of a run sends that launch of the job and no other, old or new", async () => {
    const { hub, archive } = begun();
    const old = archive.add({ x: IDS[1] ?? "", run: "4711" });
    const next = archive.add({ x: IDS[2] ?? "", run: "4711" });
    const other = archive.add({ x: "01ARZ3NDEKTSV4RRFFQ69G5FA3", run: "4712" });
    old.store(1, 2);
    other.store(1, 2);
    const { socket, ran } = await watch({ hub, archive, what: { job: "train", run: "4711" }, from: 1 });
    await ran;
    for (const each of [next, other]) hub.publish(each, each.store(3, 4));
    expect([...(await socket.taken()).lines]).toEqual([
      [old.x, [1, 2]],
      [next.x, [3, 4]],
    ]);
    const refused = await watch({ hub, archive, what: { job: "train", run: "4711" }, from: 1, viewer: BOB });
    hub.publish(next, next.store(5, 6));
    await refused.ran;
    expect((await refused.socket.taken()).lines.size).toBe(0);
  });

  test("without lines sends only states", async () => {
    const { hub, archive, execution } = begun();
    const { socket, ran } = await watch({ hub, archive, what: { job: "train" }, from: "end", lines: false });
    await ran;
    hub.publish(execution, execution.store(1, 3));
    hub.changed(execution);
    hub.close();
    await socket.taken();
    expect(socket.received.lines.size).toBe(0);
    expect(socket.received.texts.map(({ t }) => t)).toEqual(["execution", "live", "execution"]);
  });

  test.each<[string, FakeViewer, Target, string[]]>([
    ["another user's execution", BOB, { x: X }, []],
    ["another user's job", BOB, { job: "train" }, ["live"]],
    ["another user's job by the owner's name", BOB, { job: "train", owner: "alice" }, ["live"]],
    ["all", BOB, { all: true }, ["live"]],
    ["another user's execution, for an administrator", ADMIN, { x: X }, ["execution", "live", "lines"]],
    ["another user's job, for an administrator", ADMIN, { job: "train" }, ["execution", "live", "lines"]],
    ["one user's job", ADMIN, { job: "train", owner: "alice" }, ["execution", "live", "lines"]],
    ["a job of that name of another user", ADMIN, { job: "train", owner: "bob" }, ["live"]],
    ["all, for an administrator", ADMIN, { all: true }, ["execution", "live", "lines"]],
  ])("shows users only their own executions: %s", async (_, viewer, what, expected) => {
    const { hub, archive, execution } = begun();
    const { socket, ran, found } = await watch({ hub, archive, what, from: 1, viewer });
    await ran;
    hub.publish(execution, execution.store(1, 3));
    hub.close();
    await socket.taken();
    const got = [...socket.received.texts.map(({ t }) => t), ...(socket.received.lines.size > 0 ? ["lines"] : [])];
    expect(got).toEqual(expected);
    expect(found).toBe(expected.length > 0);
  });

  test("of a job goes on when one execution cannot be read, and names what it lacks", async () => {
    const { hub, archive, execution } = begun();
    execution.store(1, 7);
    const broken = archive.add({ x: IDS[1] ?? "" });
    broken.store(1, 7);
    const read = archive.read.bind(archive);
    archive.read = async (viewer, at) => {
      if (at.x === broken.x) throw new Error("EIO");
      return read(viewer, at);
    };
    const { socket, ran, unreadable } = await watch({ hub, archive, what: { job: "train" }, from: 3 });
    await ran;
    const { texts, lines } = await socket.taken();
    expect(lines).toEqual(new Map([[X, [3, 4, 5, 6, 7]]]));
    expect(texts).toContainEqual({ t: "lost", id: 1, x: broken.x, node: "node1", owner: "alice", from: 3, to: 7 });
    expect(unreadable).toHaveLength(1);
    hub.publish(broken, broken.store(8, 8));
    expect((await socket.taken()).lines.get(broken.x)).toEqual([8]);
  });

  test("is silent once it is closed, in the middle of history", async () => {
    const { hub, archive, execution } = begun();
    execution.store(1, 100);
    archive.maxReadLines = 10;
    const gate = new Gate();
    const { socket, subscription, ran } = await watch({ hub, archive, what: { x: X }, from: 1 });
    archive.pause = () => gate.pass();
    await gate.openUntil(() => archive.answers("read") === 3);
    subscription.close();
    gate.open();
    await ran;
    await socket.taken();
    const before = socket.received.lines.get(X)?.length ?? 0;
    hub.publish(execution, execution.store(101, 101));
    expect((await socket.taken()).lines.get(X)).toHaveLength(before);
    expect(before).toBeLessThan(100);
    expect(socket.received.texts.some(({ t }) => t === "live")).toBe(false);
  });
});
