import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { LoopTurns } from "../../src/host/loop-turns.ts";

/** Steps that take 2 ms each on a clock of their own. */
function begun() {
  const state = { nowMs: 0, order: [] as number[] };
  const turns = new LoopTurns({ maxTurnMs: 5, nowMs: () => state.nowMs });
  const step = (number: number) => () => {
    state.nowMs += 2;
    state.order.push(number);
    return Promise.resolve(number);
  };
  return { state, turns, step };
}

test("runs steps in order, as many per loop turn as time allows", async () => {
  const { state, turns, step } = begun();
  const all = Promise.all(Array.from({ length: 8 }, (_, i) => turns.run(step(i))));
  expect(state.order).toEqual([]);
  await nextTurn();
  expect(state.order).toEqual([0, 1, 2]);
  await nextTurn();
  expect(state.order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await all).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("an endless series of steps does not starve others", async () => {
  const { state, turns, step } = begun();
  const greedy = async () => {
    for (let i = 0; i < 20; i += 1) await turns.run(step(0));
  };
  const all = Promise.all([greedy(), greedy(), greedy(), greedy(), turns.run(step(1))]);
  await all;
  expect(state.order.indexOf(1)).toBe(4);
});

test("a step that fails fails its caller only", async () => {
  const { turns, step } = begun();
  const failed = turns.run(() => Promise.reject(new Error("no")));
  const fine = turns.run(step(1));
  await expect(failed).rejects.toThrow("no");
  expect(await fine).toBe(1);
});

describe("a step that need not wait", () => {
  test("runs at once while the turn has time, and in a later turn after that, in order", async () => {
    const { turns, state } = begun();
    const done: string[] = [];
    const step = (name: string, ms: number) =>
      turns.soon(() => {
        done.push(name);
        state.nowMs += ms;
      });
    step("a", 3);
    step("b", 3);
    expect(done).toEqual(["a", "b"]);
    step("c", 1);
    step("d", 1);
    expect(done).toEqual(["a", "b"]);
    await nextTurn();
    expect(done).toEqual(["a", "b", "c", "d"]);
  });

  test("is charged for the work it triggers, which limits how many begin in one turn", async () => {
    const { turns } = begun();
    let done = 0;
    for (let i = 0; i < 20; i += 1) turns.soon(() => (done += 1), 1);
    const perTurn = [done];
    while (done < 20) {
      await nextTurn();
      perTurn.push(done - perTurn.reduce((sum, one) => sum + one, 0));
    }
    expect(perTurn).toEqual([5, 5, 5, 5]);
  });

  test("gets a full turn again after the loop has moved on", async () => {
    const { turns, state } = begun();
    turns.soon(() => (state.nowMs += 9));
    await nextTurn();
    let isDone = false;
    turns.soon(() => {
      isDone = true;
    });
    expect(isDone).toBe(true);
  });
});
