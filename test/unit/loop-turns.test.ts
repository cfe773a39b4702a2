import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
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

test("runs steps in order, and as many in one turn of the loop as its time allows", async () => {
  const { state, turns, step } = begun();
  const all = Promise.all(Array.from({ length: 8 }, (_, i) => turns.run(step(i))));
  expect(state.order).toEqual([]);
  await nextTurn();
  expect(state.order).toEqual([0, 1, 2]);
  await nextTurn();
  expect(state.order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await all).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("who always has a next step does not keep others from theirs", async () => {
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
