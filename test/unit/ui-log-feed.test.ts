import { describe, expect, test } from "vitest";
import { setUpFeed, shown } from "../support/ui-log-feed.ts";
import { Stored } from "../support/ui-stored-lines.ts";

describe("an execution", () => {
  test("opens at its end with one page, however long it is", async () => {
    const { feed, asked } = setUpFeed([new Stored("n1", 100_000_000)]);
    await feed.open({ at: "end" });
    expect(shown(feed)).toBe("99999001-100000000");
    expect(asked).toEqual(["n1 last 1000"]);
    expect([feed.isFollowing, feed.hasEarlier, feed.hasLater]).toEqual([true, true, false]);
  });

  test("asks for the execution and for its lines at once, and fetches what was printed between the two answers", async () => {
    const n1 = new Stored("n1", 2_010);
    const lines = n1.lines.bind(n1);
    n1.lines = (from, limit) => {
      n1.lines = lines;
      return lines(from, limit).filter(({ n }) => n <= 2_000);
    };
    const { feed, asked, elapse } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    expect([shown(feed), feed.isFollowing, asked]).toEqual(["1011-2000", true, ["n1 last 1000"]]);
    await elapse();
    expect([shown(feed), feed.isFollowing]).toEqual(["1011-2010", true]);
  });

  test("that begins between the two requests is asked for its lines again", async () => {
    const { feed, asked, setDown } = setUpFeed([new Stored("n1", 10)]);
    setDown(true);
    const opening = feed.open({ at: "end" });
    while (asked.length === 0) await Promise.resolve();
    setDown(false);
    await opening;
    expect([feed.phase, shown(feed), asked]).toEqual(["ready", "1-10", ["n1 last 1000", "n1 1+1000"]]);
  });

  test("opens around a line, without following", async () => {
    const { feed, asked } = setUpFeed([new Stored("n1", 100_000)]);
    await feed.open({ at: "line", n: 50_000, align: "top" });
    expect(shown(feed)).toBe("49750-50749");
    expect([feed.isFollowing, feed.hasLater]).toEqual([false, true]);
    expect(asked.at(-1)).toBe("renew false");
  });

  test("is not set back by an answer to a request from before a change", async () => {
    const n1 = new Stored("n1", 10);
    const { feed, changed } = setUpFeed([n1]);
    await feed.open({ at: "end" });
    const opening = feed.open({ at: "line", n: 5, align: "top" });
    n1.lastN = 20;
    changed(n1);
    n1.lastN = 10;
    await opening;
    expect(feed.sources[0]?.lastN).toBe(20);
  });

  test("that does not exist is reported as absent", async () => {
    const { feed } = setUpFeed([]);
    await feed.open({ at: "end" });
    expect(feed.phase).toBe("absent");
  });

  test("takes in live lines, and drops the oldest", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish } = setUpFeed([n1], undefined, 1_000);
    await feed.open({ at: "end" });
    for (let batch = 0; batch < 100; batch += 1) {
      n1.lastN += 100;
      publish(n1, n1.lastN - 99, n1.lastN);
      expect(feed.items().length).toBeLessThanOrEqual(1_000);
    }
    expect(feed.items().at(-1)?.n).toBe(10_500);
    expect(feed.isFollowing).toBe(true);
  });

  test("scrolled up, counts new lines, and stops taking them in when the window is full", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, changed, asked } = setUpFeed([n1], undefined, 1_000);
    await feed.open({ at: "end" });
    feed.setFollowing(false);
    n1.lastN += 400;
    publish(n1, 501, 900);
    expect([feed.newLines, shown(feed)]).toEqual([400, "1-900"]);
    n1.lastN += 400;
    publish(n1, 901, 1_300);
    expect([feed.hasLater, asked.at(-1)]).toEqual([true, "renew false"]);
    n1.lastN = 5_000;
    changed(n1);
    expect([feed.newLines, shown(feed)]).toEqual([4_500, "1-1300"]);
    await feed.goToEnd();
    expect([feed.newLines, feed.isFollowing, feed.items().at(-1)?.n]).toEqual([0, true, 5_000]);
    expect(asked.at(-1)).toBe("renew true");
  });

  test("reads on to its end, page by page, and is live again there", async () => {
    const { feed, asked } = setUpFeed([new Stored("n1", 3_000)]);
    await feed.open({ at: "line", n: 1, align: "top" });
    expect(feed.hasLater).toBe(true);
    await feed.load("end");
    await feed.load("end");
    expect([shown(feed), feed.hasLater]).toEqual(["1-3000", false]);
    expect(asked.at(-1)).toBe("renew true");
  });

  test("reads back to its beginning, and drops the end", async () => {
    const { feed } = setUpFeed([new Stored("n1", 5_000)], undefined, 2_000);
    await feed.open({ at: "end" });
    while (feed.hasEarlier) await feed.load("start");
    expect(feed.items()[0]?.n).toBe(1);
    expect([feed.hasLater, feed.isFollowing]).toEqual([true, false]);
    expect(feed.items().length).toBeLessThanOrEqual(2_000);
  });

  test("shows the colour that lines before the page left on, asking again until the collector has read that far", async () => {
    const n1 = new Stored("n1", 100_000);
    const codes = [undefined, 31, 32];
    const asked: number[] = [];
    n1.looks = (n) => {
      asked.push(n);
      const code = codes.shift();
      return code === undefined ? null : { stdout: `\x1b[${code}m`, stderr: "" };
    };
    const { feed, settle, elapse } = setUpFeed([n1]);
    await feed.open({ at: "line", n: 50_000, align: "top" });
    await settle();
    const colours = () => [...new Set(feed.window.rows.map(({ style }) => style.foreground))];
    expect(colours()).toEqual([undefined]);
    await elapse();
    expect(colours()).toEqual([1]);
    await feed.load("start");
    await settle();
    expect(colours()).toEqual([2, 1]);
    expect(asked).toEqual([49_750, 49_750, 48_750]);
  });

  test("goes to a loaded line without a request", async () => {
    const { feed, asked } = setUpFeed([new Stored("n1", 500)]);
    await feed.open({ at: "end" });
    await feed.goTo({ at: "line", n: 77, align: "third" });
    expect(asked).toHaveLength(1);
    expect([feed.position, feed.isFollowing]).toEqual([{ at: "line", n: 77, align: "third" }, false]);
  });

  test("goes to a line of an execution that it knows with one request", async () => {
    const { feed, asked, summaries } = setUpFeed([new Stored("n1", 1_000_000)]);
    await feed.open({ at: "end" });
    await feed.goTo({ at: "line", n: 500_000, align: "third" });
    expect([asked, summaries()]).toEqual([["n1 last 1000", "n1 499750+1000", "renew false"], 1]);
    expect(feed.items()[0]?.n).toBe(499_750);
  });

  test("fetches only where a drag comes to rest", async () => {
    const { feed, asked, settle } = setUpFeed([new Stored("n1", 1_000_000)]);
    await feed.open({ at: "end" });
    for (const n of [900_000, 800_000, 700_000, 600_000]) void feed.goTo({ at: "line", n, align: "top" });
    await settle();
    await settle();
    expect(asked.filter((each) => each.startsWith("n1"))).toEqual(["n1 last 1000", "n1 899750+1000", "n1 599750+1000"]);
    expect(feed.position).toMatchObject({ n: 600_000 });
  });

  test("does not open where its lines fail to load, and opens there once they do", async () => {
    const { feed, setDown } = setUpFeed([new Stored("n1", 100_000)]);
    setDown(true);
    await feed.open({ at: "line", n: 500, align: "top" });
    expect([feed.phase, feed.failedAt]).toEqual(["failed", { at: "line", n: 500, align: "top" }]);
    setDown(false);
    await feed.open(feed.failedAt ?? { at: "end" });
    expect([feed.phase, shown(feed), feed.failedAt]).toEqual(["ready", "250-1249", undefined]);
  });

  test("stays in place when lines elsewhere fail to load, and says so until the next move", async () => {
    const { feed, setDown } = setUpFeed([new Stored("n1", 100_000)]);
    await feed.open({ at: "end" });
    setDown(true);
    await feed.goTo({ at: "line", n: 500, align: "top" });
    expect([feed.phase, shown(feed), feed.failedAt]).toMatchObject(["ready", "99001-100000", { n: 500 }]);
    feed.setFollowing(false);
    expect(feed.failedAt).toBeUndefined();
  });

  test("retries a page that failed to load, after a pause", async () => {
    const { feed, setDown, elapse } = setUpFeed([new Stored("n1", 5_000)]);
    await feed.open({ at: "end" });
    setDown(true);
    await feed.load("start");
    expect([shown(feed), feed.isLoading]).toEqual(["4001-5000", true]);
    setDown(false);
    await elapse();
    expect(feed.isLoading).toBe(false);
    await feed.load("start");
    expect(shown(feed)).toBe("3001-5000");
  });
});
