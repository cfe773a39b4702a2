import { describe, expect, test } from "vitest";
import type { LogFeed } from "../../ui/src/log/feed/log-feed.ts";
import type { LogPosition } from "../../ui/src/log/feed/log-position.ts";
import type { LogTarget } from "../../ui/src/log/feed/log-target.ts";
import { RowFold } from "../../ui/src/log/fold/row-fold.ts";
import { LoadAhead } from "../../ui/src/log/view/load-ahead.ts";
import { setUpFeed, shown } from "../support/ui-log-feed.ts";
import { Stored, X } from "../support/ui-stored-lines.ts";

describe("a job", () => {
  const JOB: LogTarget = { view: "job", job: "job", node: "" };

  function places(feed: LogFeed): string[] {
    return feed.items().map(({ source, n }) => `${feed.sources[source]?.execution.node} ${n}`);
  }

  test("merges its executions by time, each from its end", async () => {
    const { feed } = setUpFeed([new Stored("n1", 3), new Stored("n2", 3, 500)], JOB);
    await feed.open({ at: "end" });
    expect(places(feed)).toEqual(["n1 1", "n2 1", "n1 2", "n2 2", "n1 3", "n2 3"]);
  });

  test("shows no line from before the time that all executions cover, and reads back page by page", async () => {
    const { feed } = setUpFeed([new Stored("n1", 100, 0), new Stored("n2", 1_000)], JOB);
    await feed.open({ at: "end" });
    expect(places(feed)[0]).toBe("n2 801");
    while (feed.hasEarlier) await feed.load("start");
    expect(places(feed)).toHaveLength(1_100);
    expect(places(feed).slice(0, 2)).toEqual(["n1 1", "n2 1"]);
  });

  test("opens at its end with the lines that loaded, and requests the rest again", async () => {
    const n2 = new Stored("n2", 3, 500);
    const { feed, setDown, elapse } = setUpFeed([new Stored("n1", 3), n2], JOB);
    setDown(true, "n2");
    await feed.open({ at: "end" });
    await elapse();
    expect([feed.phase, feed.isFailing, places(feed)]).toEqual(["ready", true, ["n1 1", "n1 2", "n1 3"]]);
    setDown(false);
    await elapse();
    expect([feed.isFailing, places(feed).length]).toEqual([false, 6]);
  });

  test.each<LogPosition>([
    { at: "time", time: new Stored("n1", 1).time(20_000), row: undefined },
    { at: "time", time: new Stored("n1", 1).time(20_000), row: { x: X, n: 20_000 } },
  ])("does not open at a time whose lines failed to load for one execution: %j", async (position) => {
    const { feed, setDown } = setUpFeed([new Stored("n1", 50_000), new Stored("n2", 50_000)], JOB);
    setDown(true, "n2");
    await feed.open(position);
    expect([feed.phase, feed.failedAt]).toEqual(["failed", position]);
  });

  test("takes in executions that begin meanwhile", async () => {
    const stored = [new Stored("n1", 3)];
    const { feed, changed, publish, elapse } = setUpFeed(stored, JOB);
    await feed.open({ at: "end" });
    const late = new Stored("n9", 2, 10_000);
    stored.push(late);
    changed(late);
    await elapse();
    late.lastN = 3;
    publish(late, 3, 3);
    expect(places(feed)).toEqual(["n1 1", "n1 2", "n1 3", "n9 1", "n9 2", "n9 3"]);
  });

  test("keeps the rows in view when an execution prints whose few lines were let go", async () => {
    const few = new Stored("n1", 2, 0);
    const many = new Stored("n2", 3, 500);
    const { feed, publish } = setUpFeed([few, many], JOB, 40);
    await feed.open({ at: "end" });
    many.lastN = 60;
    publish(many, 4, 60);
    feed.setFollowing(false);
    const before = places(feed);
    few.time = () => many.time(61);
    few.lastN = 3;
    publish(few, 3, 3);
    expect(before.length).toBeGreaterThan(30);
    expect(places(feed)).toEqual([...before, "n1 3"]);
  });

  test("shows one node only when asked to", async () => {
    const stored = [new Stored("n1", 3), new Stored("n2", 3)];
    const { feed, changed } = setUpFeed(stored, { ...JOB, node: "n2" });
    await feed.open({ at: "end" });
    changed(new Stored("n3", 5));
    expect(new Set(places(feed).map((place) => place.slice(0, 2)))).toEqual(new Set(["n2"]));
  });

  test("opens at one row of many with the same time", async () => {
    const n1 = new Stored("n1", 5_000);
    n1.time = () => "2027-01-15T08:00:00.000000Z";
    const { feed } = setUpFeed([n1, new Stored("n2", 10)], JOB);
    await feed.open({ at: "time", time: n1.time(1), row: { x: X, n: 3_000 } });
    expect(places(feed)).toContain("n1 3000");
    expect(places(feed)).toContain("n1 2990");
  });

  test("opens at a time again, and reads on from there", async () => {
    const stored = [new Stored("n1", 50_000), new Stored("n2", 10), new Stored("n3", 60_000, 2_000_000)];
    const { feed, asked } = setUpFeed(stored, JOB);
    const time = new Stored("n1", 1).time(30_000);
    await feed.open({ at: "time", time, row: undefined });
    expect(asked.length).toBeLessThan(40);
    for (let page = 0; page < 4; page += 1) await feed.load("end");
    const at = places(feed).indexOf("n1 30000");
    expect(at).toBeGreaterThanOrEqual(0);
    expect(places(feed)[at + 1]).toBe("n3 28000");
    expect(feed.hasLater).toBe(true);
  });
});

describe("rows that fold to less than a screen", () => {
  /** Draws what the feed has, and loads ahead until nothing more is wanted. */
  async function draw(feed: LogFeed, ahead: LoadAhead): Promise<void> {
    const fold = new RowFold();
    for (let turn = 0; turn < 60; turn += 1) {
      const items = fold.fold(feed.items(), { nameOf: String, sources: feed.sources.length });
      const end = ahead.next(feed, { items, topIndex: 0, bottomIndex: items.length - 1 });
      if (end === undefined) return;
      await feed.load(end);
    }
    throw new Error("Pages are loaded for ever");
  }

  test("are followed without loading what was let go", async () => {
    const stored = Array.from({ length: 64 }, (_, at) => new Stored(`n${at}`, 2_000));
    const { feed, asked, publish } = setUpFeed(stored, { view: "job", job: "job", node: "" }, 4_000);
    const ahead = new LoadAhead();
    await feed.open({ at: "end" });
    await draw(feed, ahead);
    const before = asked.length;
    for (let batch = 0; batch < 20; batch += 1) {
      for (const each of stored) {
        each.lastN += 20;
        publish(each, each.lastN - 19, each.lastN);
      }
      await draw(feed, ahead);
    }
    expect([asked.slice(before), feed.isFollowing, feed.items().at(-1)?.n]).toEqual([[], true, 2_400]);
  }, 120_000);

  test("are loaded on a movement of the reader, a few pages, and not back and forth", async () => {
    const { feed, asked } = setUpFeed([new Stored("n1", 100_000)], undefined, 3_000);
    const ahead = new LoadAhead();
    await feed.open({ at: "line", n: 50_000, align: "top" });
    await draw(feed, ahead);
    const before = asked.length;
    ahead.moved("start");
    await draw(feed, ahead);
    expect(asked.length - before).toBeGreaterThan(0);
    expect(asked.length - before).toBeLessThan(20);
    expect(feed.items()[0]?.n).toBeLessThan(49_000);
  });
});

describe("two users' executions of one id on one node", () => {
  const both = () => [new Stored("n1", 5), new Stored("n1", 7, 0, "bob")] as const;
  const JOB: LogTarget = { view: "job", job: "job", node: "" };

  test.each<LogTarget>([{ view: "execution", x: X, node: "n1" }, JOB])("asks for the owner: %o", async (target) => {
    const { feed } = setUpFeed([...both()], target);
    await feed.open({ at: "end" });
    expect(feed.phase).toEqual({ owners: ["alice", "bob"] });
  });

  test("shows the named owner's lines, and none of the other's", async () => {
    const [alices, bobs] = both();
    const target = { view: "execution", x: X, owner: "bob", node: "n1" } as const;
    const { feed, publish, lost, changed, subscribed, elapse } = setUpFeed([alices, bobs], target);
    await feed.open({ at: "end" });
    expect(subscribed()).toEqual([{ x: X, node: "n1", owner: "bob" }]);
    alices.lastN = 100;
    publish(alices, 6, 100);
    lost(alices, 50, 60);
    changed(alices);
    await elapse();
    expect([shown(feed), feed.sources.map(({ execution }) => execution.owner)]).toEqual(["1-7", ["bob"]]);
    bobs.lastN = 9;
    publish(bobs, 8, 9);
    expect(shown(feed)).toBe("1-9");
  });

  test("a job stays with its owner, and names them, once another user begins one of that name", async () => {
    const [alices, bobs] = both();
    const stored: Stored[] = [alices];
    const { feed, changed, subscribed } = setUpFeed(stored, JOB);
    expect(subscribed()).toEqual([{ job: "job" }]);
    await feed.open({ at: "end" });
    stored.push(bobs);
    changed(bobs);
    await feed.open({ at: "end" });
    expect([feed.phase, feed.sources.length]).toEqual(["ready", 1]);
    expect(subscribed()).toEqual([{ job: "job", owner: "alice" }]);
  });

  test("updates from /live before the first page count", async () => {
    const [alices, bobs] = both();
    const stored: Stored[] = [alices];
    const { feed, changed } = setUpFeed(stored, JOB);
    changed(bobs);
    await feed.open({ at: "end" });
    expect(feed.phase).toEqual({ owners: ["alice", "bob"] });
  });
});
