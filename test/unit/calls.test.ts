import { beforeEach, expect, test } from "vitest";
import { Calls } from "../../src/fleet/calls/calls.ts";
import { sha256 } from "../../src/fleet/sha256.ts";
import { CallRate } from "../../src/web/call-rate.ts";
import type { CallView } from "../../src/wire/fleet/call.ts";
import type { FleetEventOf } from "../../src/wire/fleet/event.ts";
import { encodeOrder, type OrderOf } from "../../src/wire/fleet/order.ts";
import { FLEET, newRun } from "../support/fleet-keys.ts";

const ORDER: OrderOf<"call"> = {
  ...{ v: 1, kind: "call", fleet: FLEET, run: newRun(), user: "alice", nodes: ["node1"] },
  ...{ issued: Date.now(), expires: Date.now() + 30_000, via: "ssh", service: "hello", input: "{}" },
};
const HEAD = { v: 1, journal: newRun(), sequence: 1, at: Date.now() } as const;

let sent: string[];
let discarded: number;
/** By their times: 2 s until it is sent again, 1 s to its end. */
let timers: Map<number, () => void>;
let calls: Calls;

beforeEach(() => {
  sent = [];
  discarded = 0;
  timers = new Map();
  calls = new Calls({
    nodes: { send: (node) => void sent.push(node), isPresent: (node) => node !== "node3", isDuplicate: () => false },
    after: (act, afterMs) => {
      timers.set(afterMs, act);
      return () => timers.delete(afterMs);
    },
    onDiscarded: () => {
      discarded += 1;
    },
  });
});

function call(order = ORDER, signal = new AbortController().signal): Promise<CallView | undefined> {
  return calls.call(order, { signed: { order: encodeOrder(order), sig: "sig" }, withinMs: 1_000, signal });
}

function result(order = ORDER, more: Partial<FleetEventOf<"result">> = {}): FleetEventOf<"result"> {
  const { run, user } = order;
  const ended = { state: "finished", why: "", text: "", code: 0, signal: null, output: '{"a":1}' } as const;
  return { ...HEAD, kind: "result", run, user, digest: sha256(encodeOrder(order)), ...ended, ...more };
}

function state(more: Partial<FleetEventOf<"state">>): FleetEventOf<"state"> {
  const { run, user } = ORDER;
  const nothing = { why: "", text: "", code: null, signal: null, by: "", digest: "" } as const;
  return { ...HEAD, kind: "state", run, user, state: "refused", ...nothing, ...more };
}

test("a call is sent again until its node says how it ended, and then no more", async () => {
  const called = call();
  timers.get(2_000)?.();
  timers.get(2_000)?.();
  expect(sent).toEqual(["node1", "node1", "node1"]);
  // What a node says without having it in its journal ends nothing.
  expect(calls.take("node1", state({ state: "waiting", why: "directory" }))).toBe(true);
  expect(calls.take("node1", result())).toBe(true);
  expect(await called).toMatchObject({ node: "node1", state: "finished", code: 0, output: '{"a":1}' });
  expect(timers.size).toBe(0);
});

test("a refusal ends it; what another node says, or says of another order, does not", async () => {
  const called = call();
  expect(calls.take("node2", result())).toBe(false);
  expect(calls.take("node1", result({ ...ORDER, input: "[]" }))).toBe(false);
  expect(calls.take("node1", result({ ...ORDER, user: "bob" }))).toBe(false);
  expect(discarded).toBe(3);
  expect(calls.take("node1", state({ why: "no-such-service" }))).toBe(true);
  expect(await called).toMatchObject({ state: "refused", why: "no-such-service", output: "" });
  // It was told twice.
  calls.take("node1", result());
  expect(discarded).toBe(4);
});

test("a node that is absent is not asked; one that says nothing is silent, and so is a caller who has gone", async () => {
  expect(await call({ ...ORDER, nodes: ["node3"] })).toMatchObject({ state: "absent" });
  expect(sent).toEqual([]);
  const called = call();
  timers.get(1_000)?.();
  expect(await called).toMatchObject({ state: "silent" });
  const gone = new AbortController();
  const left = call(ORDER, gone.signal);
  gone.abort();
  expect(await left).toMatchObject({ state: "silent" });
});

test("one user has at most 32 calls open, and others have room", async () => {
  for (let i = 0; i < 32; i += 1) void call({ ...ORDER, run: newRun() });
  expect(await call({ ...ORDER, run: newRun() })).toBeUndefined();
  const other = { ...ORDER, user: "bob" };
  const called = call(other);
  calls.take("node1", result(other));
  expect(await called).toMatchObject({ state: "finished" });
});

test("so many calls a minute, and each key has its own", () => {
  let now = 0;
  const rate = new CallRate(() => now);
  expect([rate.take("a", 2), rate.take("a", 2), rate.take("a", 2), rate.take("b", 2)]).toEqual([
    undefined,
    undefined,
    60,
    undefined,
  ]);
  now = 59_000;
  expect(rate.take("a", 2)).toBe(1);
  now = 60_000;
  expect(rate.take("a", 2)).toBe(undefined);
  now = 90_000;
  expect([rate.take("a", 2), rate.take("a", 2)]).toEqual([undefined, 30]);
  now = 120_500;
  expect([rate.take("a", 2), rate.take("a", 2)]).toEqual([undefined, 30]);
  // Longer than the window.
  now = 7_000_000;
  expect([rate.take("a", 2), rate.take("a", 2), rate.take("a", 2)]).toEqual([undefined, undefined, 60]);
});
