import { expect, test } from "vitest";
import type { Execution } from "../../src/wire/api.ts";
import type { Board } from "../../src/wire/board.ts";
import { isOn } from "../../ui/src/actions/thing.ts";
import type { Subscriber } from "../../ui/src/live-client.ts";
import { MAX_WISHES, Teller } from "../../ui/src/tell/teller.ts";
import type { Notice, Wish } from "../../ui/src/tell/wish.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Stored } from "../support/ui-stored-lines.ts";

const THING = { job: "job", owner: "alice" };
const WISH: Wish = { thing: THING, end: true, failure: true, silence: true, match: "" };

function setUp() {
  const clock = new FakeClock();
  const told: Notice[] = [];
  const asked: string[] = [];
  const subscribers = new Set<Subscriber>();
  let answered = Promise.resolve();
  let silent = "";
  const teller = new Teller({
    live: {
      subscribe: (subscriber) => {
        subscribers.add(subscriber);
        return { renew: () => undefined, close: () => void subscribers.delete(subscriber) };
      },
    },
    api: {
      board: async ({ run }) => {
        asked.push(run ?? "");
        await answered;
        const cell = { x: `x${run}`, node: "n1", state: "running", lastN: 1, quietMs: 60_000 } as const;
        const cells = run === silent ? [{ ...cell, isSilent: true as const }] : [cell];
        const board: Board = {
          ...THING,
          run: run ?? "",
          cells,
          isPartial: false,
          first: null,
          silent: [],
          silentCount: 0,
          usualMs: null,
        };
        return { ok: true, value: board };
      },
    },
    after: (ms, call) => clock.after(ms, call),
    notify: (notice) => told.push(notice),
  });
  return {
    ...{ clock, told, asked, subscribers, teller },
    take: (run: string, changes: Partial<Execution> = {}) => {
      const execution = { ...new Stored("n1", 1).summary(), x: `x${run}`, run, ...changes };
      for (const subscriber of [...subscribers]) subscriber.onExecution(execution);
    },
    isLive: () => {
      for (const subscriber of [...subscribers]) subscriber.onLive();
    },
    setSilent: (run: string) => {
      silent = run;
    },
    answerAfter: (wait: Promise<void>) => {
      answered = wait;
    },
    settle: () => new Promise((resolve) => setTimeout(resolve)),
  };
}

test("asks about every running run of a job, and notifies of the silent one", async () => {
  const on = setUp();
  on.teller.add(WISH);
  on.take("1");
  on.take("2");
  on.take("3", { state: "finished" });
  on.isLive();
  on.setSilent("2");
  on.clock.advance(15_000);
  await on.settle();
  expect([on.asked, on.told.map(({ body }) => body)]).toEqual([["1", "2"], ["Silent for 60 s"]]);
});

test("a wish withdrawn during a question neither notifies nor asks again", async () => {
  const on = setUp();
  let answer = (): void => undefined;
  on.answerAfter(
    new Promise((resolve) => {
      answer = resolve;
    }),
  );
  on.teller.add(WISH);
  on.take("1");
  on.setSilent("1");
  on.clock.advance(15_000);
  on.teller.remove(WISH);
  answer();
  await on.settle();
  expect([on.told, on.clock.pending, on.subscribers.size]).toEqual([[], 0, 0]);
});

test("wishes end with the session", () => {
  const on = setUp();
  on.teller.add(WISH);
  for (const { onSignedOut } of [...on.subscribers]) onSignedOut?.();
  expect([on.teller.of(THING), on.subscribers.size, on.clock.pending]).toEqual([[], 0, 0]);
});

test("a lost execution has no code to name", () => {
  const on = setUp();
  on.teller.add(WISH);
  on.take("1");
  on.take("2");
  on.isLive();
  on.take("1", { state: "lost", code: null, signal: null });
  expect(on.told.map(({ body }) => body)).toEqual(["Lost"]);
});

test("a tab has so many wishes, and no more", () => {
  const on = setUp();
  for (let at = 0; at < MAX_WISHES; at += 1) expect(on.teller.add({ ...WISH })).toBe(true);
  expect([on.teller.add({ ...WISH }), on.teller.of(THING).length]).toEqual([false, MAX_WISHES]);
});

test("of a job with very many executions those that have ended are forgotten, not that one was lost", () => {
  const on = setUp();
  on.teller.add({ ...WISH, failure: false, silence: false });
  on.take("0", { state: "lost" });
  for (let run = 1; run < 5_000; run += 1) on.take(String(run), { state: "finished" });
  on.isLive();
  expect(on.told).toMatchObject([{ body: "All have ended", state: "lost" }]);
});

test("a hold of another owner's job of the same name is not on this one", () => {
  expect(isOn(THING, { owner: "bob", job: "job" })).toBe(false);
  expect([isOn(THING, { owner: "alice", job: "job" }), isOn(THING, { job: "job" })]).toEqual([true, true]);
});
