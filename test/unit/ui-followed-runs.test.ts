import { expect, test } from "vitest";
import type { RunView } from "../../src/wire/fleet/run-view.ts";
import type { FleetClient } from "../../ui/src/run/fleet-client.ts";
import { FollowedRuns } from "../../ui/src/run/followed-runs.ts";

interface Asked {
  readonly runs: readonly string[];
  readonly say: (run: string, isDone?: boolean) => void;
  /** The answer ends, the connection was cut (status 0), or the collector refuses. */
  readonly end: (refused?: { readonly status: number; readonly retryAfterSeconds?: number }) => Promise<void>;
  readonly signal: AbortSignal;
}

function setUp() {
  const asked: Asked[] = [];
  const timers = new Map<() => void, number>();
  const followRuns: FleetClient["followRuns"] = ({ runs }, { onView, signal }) => {
    let resolve = (_: Awaited<ReturnType<FleetClient["followRuns"]>>): void => undefined;
    const promise = new Promise<Awaited<ReturnType<FleetClient["followRuns"]>>>((given) => {
      resolve = given;
    });
    const say = (run: string, isDone = false) => onView({ run, isDone } as RunView);
    const end: Asked["end"] = async (refused) => {
      const said = { ok: false, code: "", message: "", retryAfterSeconds: undefined } as const;
      resolve(refused === undefined ? { ok: true, value: true } : { ...said, ...refused });
      await Promise.resolve();
      await Promise.resolve();
    };
    asked.push({ runs, say, end, signal });
    return promise;
  };
  const after = (act: () => void, afterMs: number) => {
    timers.set(act, afterMs);
    return () => void timers.delete(act);
  };
  const elapse = () => {
    const due = [...timers.keys()];
    timers.clear();
    for (const act of due) act();
  };
  const seen: string[] = [];
  const followed = new FollowedRuns({ owner: "alice", client: { followRuns }, after });
  const follow = (run: string) => followed.follow(run, ({ isDone }) => seen.push(`${run}${isDone ? " done" : ""}`));
  return { asked, elapse, seen, follow, waiting: () => timers.size, waitsMs: () => [...timers.values()] };
}

test("runs that come into view together share one connection; one more replaces it", () => {
  const { asked, elapse, seen, follow } = setUp();
  for (const run of ["a", "b", "a"]) follow(run);
  elapse();
  follow("c");
  elapse();
  expect(asked.map(({ runs }) => runs)).toEqual([
    ["a", "b"],
    ["a", "b", "c"],
  ]);
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  asked[1]?.say("a");
  asked[1]?.say("c", true);
  expect(seen).toEqual(["a", "a", "c done"]);
});

test("a connection that was cut is made again for those that have not ended; unknown ones are not asked for again", async () => {
  const { asked, elapse, follow, waiting } = setUp();
  for (const run of ["ended", "open", "unknown"]) follow(run);
  elapse();
  asked[0]?.say("ended", true);
  await asked[0]?.end({ status: 0 });
  elapse();
  expect(asked[1]?.runs).toEqual(["open", "unknown"]);
  asked[1]?.say("open", true);
  await asked[1]?.end();
  expect(waiting()).toBe(0);
});

test("nobody is asked any more once nothing is in view", () => {
  const { asked, elapse, follow, waiting } = setUp();
  const [stopA, stopB] = [follow("a"), follow("b")];
  elapse();
  stopA();
  expect(asked[0]?.signal.aborted).toBe(false);
  stopB();
  expect([asked[0]?.signal.aborted, waiting()]).toEqual([true, 0]);
});

test("of more runs than one request takes, another one is followed as soon as one has ended", () => {
  const { asked, elapse, follow, waiting } = setUp();
  for (let at = 0; at < 65; at += 1) follow(`run ${at}`);
  elapse();
  expect([asked[0]?.runs.length, asked[0]?.runs.includes("run 64")]).toEqual([64, false]);
  asked[0]?.say("run 7", true);
  elapse();
  expect([asked[0]?.signal.aborted, asked[1]?.runs.length, asked[1]?.runs.includes("run 64")]).toEqual([
    true,
    64,
    true,
  ]);
  asked[1]?.say("run 64", true);
  expect(waiting()).toBe(0);
});

test.each([
  ["the collector says when to come again", { status: 429, retryAfterSeconds: 5 }, [5_000]],
  ["the collector is unable for now", { status: 503 }, [1_000]],
  ["there is no session", { status: 401 }, []],
  ["there is no fleet", { status: 404 }, []],
])("where it is refused, it is asked again as the refusal says: %s", async (_, refused, waits) => {
  const { asked, elapse, follow, waitsMs } = setUp();
  follow("a");
  elapse();
  await asked[0]?.end(refused);
  expect(waitsMs()).toEqual(waits);
});
