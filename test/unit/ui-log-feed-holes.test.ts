import { describe, expect, test } from "vitest";
import { setUpFeed, shown } from "../support/ui-log-feed.ts";
import { Stored } from "../support/ui-stored-lines.ts";

describe("lines that are not there", () => {
  test("are shown as missing when the collector says so, without a request", async () => {
    const n1 = new Stored("n1", 900);
    n1.missing = [
      [100, 199],
      [850, 900],
    ];
    const { feed, asked, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    await elapse();
    expect(shown(feed)).toBe("1-99 missing(100-199) 200-849 missing(850-900)");
    expect(asked).toHaveLength(1);
  });

  test.each([{ at: "end" }, { at: "line", n: 1, align: "top" }, { at: "line", n: 50, align: "third" }] as const)(
    "before the first line are shown as missing: opened at %o",
    async (position) => {
      const n1 = new Stored("n1", 900);
      n1.missing = [[1, 200]];
      const { feed, asked, elapse } = setUpFeed([n1]);
      await feed.open(position);
      await elapse();
      expect([shown(feed), feed.hasEarlier, asked.length]).toEqual(["missing(1-200) 201-900", false, 1]);
    },
  );

  test("are fetched when the collector says that this viewer missed them", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, lost, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 900;
    lost(n1, 501, 800);
    publish(n1, 801, 900);
    expect(shown(feed)).toBe("1-500 fetching(501-800) 801-900");
    await elapse();
    expect(shown(feed)).toBe("1-900");
  });

  test("are requested again until they can be loaded", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, lost, setDown, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 900;
    lost(n1, 501, 800);
    publish(n1, 801, 900);
    setDown(true);
    await elapse();
    expect([shown(feed), feed.isFailing]).toEqual(["1-500 fetching(501-800) 801-900", true]);
    setDown(false);
    await elapse();
    expect([shown(feed), feed.isFailing]).toEqual(["1-900", false]);
  });

  test("of unknown state are requested once, then shown as missing, and filled in when they come late", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, asked, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    n1.missing = [[501, 510]];
    n1.lastN = 600;
    publish(n1, 511, 600);
    await elapse();
    await elapse();
    expect(shown(feed)).toBe("1-500 missing(501-510) 511-600");
    expect(asked.filter((each) => each === "n1 501+10")).toHaveLength(1);
    n1.missing = [];
    publish(n1, 501, 510);
    expect(shown(feed)).toBe("1-600");
  });

  test("are fetched after a broken connection returns", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 2_000;
    changed(n1);
    reconnected();
    await elapse();
    expect(shown(feed)).toBe("1-2000");
    expect(feed.isFollowing).toBe(true);
  });

  test("are too many to fetch after a long break: a follower restarts at the end", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 1_000_000;
    changed(n1);
    reconnected();
    await elapse();
    expect(shown(feed)).toBe("999001-1000000");
  });

  test("are too many to fetch after a long break: a reader stays in place", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    feed.setFollowing(false);
    n1.lastN = 1_000_000;
    changed(n1);
    reconnected();
    await elapse();
    expect([shown(feed), feed.hasLater, feed.newLines]).toEqual(["1-500", true, 999_500]);
  });

  test("are skipped between pages: a hole of millions costs no request", async () => {
    const n1 = new Stored("n1", 50_001_000);
    n1.missing = [[501, 50_000_500]];
    const { feed, asked } = setUpFeed([n1]);
    await feed.open({ at: "line", n: 50_000_900, align: "top" });
    while (feed.hasEarlier) await feed.load("start");
    expect(shown(feed)).toBe("1-500 missing(501-50000500) 50000501-50001000");
    expect(asked.length).toBeLessThan(5);
  });
});

test("does not fetch a hole of millions that was filled meanwhile: the window ends there", async () => {
  const n1 = new Stored("n1", 50_001_000);
  n1.missing = [[501, 50_000_500]];
  const { feed, changed, elapse, asked } = setUpFeed([n1]);
  await feed.open({ at: "end" });
  while (feed.hasEarlier) await feed.load("start");
  const before = asked.length;
  n1.missing = [];
  changed(n1);
  await elapse();
  expect(shown(feed)).toBe("50000501-50001000");
  expect([feed.hasEarlier, feed.isFollowing, asked.length]).toEqual([true, true, before]);
});
