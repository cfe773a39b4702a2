import { expect, test } from "vitest";
import type { LogFeed } from "../../ui/src/log/feed/log-feed.ts";
import type { LogTarget } from "../../ui/src/log/feed/log-target.ts";
import { setUpFeed } from "../support/ui-log-feed.ts";
import { Stored } from "../support/ui-stored-lines.ts";

const JOB: LogTarget = { view: "job", job: "job", run: "1", node: "" };
const MAX_ROWS = 1_600;

/** A run of which only some executions are listed: pages of the whole run bring the lines of all. */
function setUp(counts: readonly number[]) {
  const stored = counts.map((count, i) => {
    const one = new Stored(`n${i}`, count, i * 250);
    one.x = `01JC000000000000000000000${i}`;
    return one;
  });
  return { stored, ...setUpFeed(stored, JOB, MAX_ROWS, true) };
}

function places(feed: LogFeed): string[] {
  return feed.items().map((item) => `${feed.sources[item.source]?.execution.node} ${item.kind} ${item.n}`);
}

/** Every line, in order of time: n0's, n1's, n2's of each millisecond. */
function inOrder(stored: readonly Stored[], from: number, to: number): string[] {
  const found: string[] = [];
  for (let n = from; n <= to; n += 1)
    for (const { node, lastN } of stored) if (n <= lastN) found.push(`${node} lines ${n}`);
  return found;
}

test("opens at its end, and reads back to its first line page by page, without a gap", async () => {
  const { feed, stored, asked } = setUp([900, 900, 900]);
  await feed.open({ at: "end" });
  expect(places(feed)).toEqual(inOrder(stored, 834, 900).slice(1));
  expect([feed.isFollowing, feed.hasEarlier, feed.hasLater]).toEqual([true, true, false]);
  const seen = new Set<string>();
  while (feed.hasEarlier) {
    await feed.load("start");
    for (const place of places(feed)) seen.add(place);
  }
  expect([...seen].sort()).toEqual(inOrder(stored, 1, 900).sort());
  expect(places(feed).slice(0, 3)).toEqual(inOrder(stored, 1, 1));
  expect(feed.hasLater).toBe(true);
  expect(asked.every((each) => !each.startsWith("n"))).toBe(true);
});

test("opens at a time in its middle, reads on to its end, and is live there", async () => {
  const { feed, stored, elapse, publish, changed } = setUp([1_000, 1_000, 1_000]);
  await feed.open({ at: "time", time: new Stored("", 1).time(500), row: undefined });
  expect(places(feed)[0]).toBe("n0 lines 500");
  expect(feed.hasLater).toBe(true);
  while (feed.hasLater) await feed.load("end");
  expect(places(feed).slice(-3)).toEqual(inOrder(stored, 1_000, 1_000));
  const [first] = stored;
  if (first === undefined) throw new Error("Nothing is stored");
  first.lastN = 1_001;
  publish(first, 1_001, 1_001);
  changed(first);
  await elapse();
  expect(places(feed).at(-1)).toBe("n0 lines 1001");
});

test("takes live lines of an execution that no page had, and begins with them", async () => {
  const { feed, stored, publish, changed, elapse } = setUp([300, 300, 300]);
  const quiet = new Stored("quiet", 40, -86_400_000_000);
  quiet.x = "01JC0000000000000000000009";
  await feed.open({ at: "end" });
  changed(quiet);
  await elapse();
  expect(places(feed)).not.toContain("quiet lines 40");
  stored.push(quiet);
  quiet.lastN = 41;
  publish(quiet, 41, 41);
  await elapse();
  expect(places(feed).filter((place) => place.startsWith("quiet"))).toEqual(["quiet lines 41"]);
});

test("fetches by time what was printed while the connection was away", async () => {
  const { feed, stored, reconnected, elapse } = setUp([300, 300, 300]);
  await feed.open({ at: "end" });
  for (const one of stored) one.lastN = 310;
  reconnected();
  await elapse();
  expect(places(feed).slice(-30)).toEqual(inOrder(stored, 301, 310));
});

test("fetches what was printed while it was opened at its end, also when another page is on its way", async () => {
  const { feed, stored, changed, reconnected, elapse, settle } = setUp([900, 900, 900]);
  await feed.open({ at: "end" });
  const opening = feed.open({ at: "end" });
  const [first] = stored;
  if (first === undefined) throw new Error("Nothing is stored");
  await settle();
  first.lastN = 901;
  changed(first);
  await opening;
  const loading = feed.load("start");
  reconnected();
  await loading;
  await elapse();
  expect(places(feed).at(-1)).toBe("n0 lines 901");
});

test("that has outgrown a small one is opened in pages from then on, and has no gap between its executions", async () => {
  const [early, late] = [new Stored("early", 900), new Stored("late", 900, 10_000_000)];
  early.x = "01JC0000000000000000000001";
  late.x = "01JC0000000000000000000002";
  const { feed, outgrow, elapse } = setUpFeed([early, late], JOB);
  await feed.open({ at: "end" });
  outgrow();
  await feed.open({ at: "end" });
  await elapse();
  while (feed.hasEarlier) await feed.load("start");
  expect(places(feed)).toEqual([...inOrder([early], 1, 900), ...inOrder([late], 1, 900)]);
});

test("shows the first line of all at its start", async () => {
  const { feed, stored } = setUp([900, 900, 900]);
  await feed.open({ at: "end" });
  await feed.goToStart();
  expect(places(feed).slice(0, 6)).toEqual(inOrder(stored, 1, 2));
  expect([feed.hasEarlier, feed.hasLater]).toEqual([false, true]);
});
