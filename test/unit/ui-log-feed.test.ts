import { afterEach, describe, expect, test } from "vitest";
import type { Execution, LineRange } from "../../src/wire/api.ts";
import type { LogLine } from "../../ui/src/api-parse.ts";
import type { Subscriber } from "../../ui/src/live-client.ts";
import { LogFeed } from "../../ui/src/log/log-feed.ts";
import type { LogPosition } from "../../ui/src/log/log-position.ts";
import type { LogTarget } from "../../ui/src/log/log-target.ts";
import { RowFilter } from "../../ui/src/log/row-filter.ts";

const X = "01JC0000000000000000000000";
const ALL = new RowFilter(undefined, "");

/** What the collector has of one execution. */
class Stored {
  readonly node: string;
  readonly owner: string;
  readonly startedAtUs: number;
  lastN: number;
  missing: LineRange[] = [];

  constructor(node: string, lastN: number, startedAtUs = 0, owner = "alice") {
    this.node = node;
    this.owner = owner;
    this.lastN = lastN;
    this.startedAtUs = startedAtUs;
  }

  time(n: number): string {
    return new Date(1_800_000_000_000 + this.startedAtUs / 1_000 + n).toISOString().replace("Z", "000Z");
  }

  lines(from: number, limit: number): LogLine[] {
    const found: LogLine[] = [];
    for (let n = from; n <= this.lastN && found.length < limit; n += 1) {
      if (this.missing.some(([first, last]) => n >= first && n <= last)) continue;
      found.push({ n, time: this.time(n), stderr: false, text: `line ${n}`, fragment: false });
    }
    return found;
  }

  summary(): Execution {
    const gone = this.missing.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const words = { job: "job", node: this.node, owner: this.owner, command: "a", argv: ["a"], labels: {} };
    const state = { state: "running", delivery: "receiving", code: null, signal: null, endedAt: null } as const;
    const counts = { lines: this.lastN - gone, bytes: 0, lastN: this.lastN, thinned: 0, dropped: 0 };
    return { x: X, ...words, ...state, startedAt: this.time(0), ...counts, missing: [...this.missing] };
  }
}

/** A feed whose collector, live connection and timers are in the test's hands. */
function setUp(stored: Stored[], target: LogTarget = { view: "execution", x: X, node: "n1" }, maxRows = 20_000) {
  const subscribers: Subscriber[] = [];
  const asked: string[] = [];
  let timers: (() => void)[] = [];
  let isDown: (node: string) => boolean = () => false;
  const answering = ({ node, owner }: { node?: string | undefined; owner?: string | undefined }): Stored[] =>
    stored.filter((each) => each.node === (node ?? each.node) && each.owner === (owner ?? each.owner));
  const refused = { ok: false, status: 404, code: "not_found", message: "", retryAfterSeconds: undefined } as const;
  const feed = new LogFeed({
    target,
    limits: { maxRows, maxCharacters: 10_000_000 },
    onChange: () => undefined,
    after: (_, call) => {
      timers.push(call);
      return () => {
        timers = timers.filter((each) => each !== call);
      };
    },
    live: {
      subscribe: (subscriber) => {
        subscribers.push(subscriber);
        return { renew: () => asked.push(`renew ${subscriber.from().lines}`), close: () => undefined };
      },
    },
    api: {
      execution: async (name) => {
        const [found, other] = answering(name);
        if (found === undefined) return refused;
        if (other === undefined) return { ok: true, value: found.summary() };
        return { ...refused, status: 409, owners: [found.owner, other.owner] };
      },
      executions: async ({ owner }) => ({
        ok: true,
        value: {
          executions: answering({ owner })
            .map((each) => each.summary())
            .reverse(),
          next: null,
        },
      }),
      lines: async ({ node, owner }, { from, limit }) => {
        asked.push(`${node} ${from}+${limit}`);
        const [found] = answering({ node, owner });
        if (found === undefined || isDown(node)) return refused;
        const lines = found.lines(from, limit);
        const last = lines.at(-1)?.n ?? found.lastN;
        return { ok: true, value: { lines, next: found.lines(last + 1, 1)[0]?.n ?? null } };
      },
    },
  });
  open.push(feed);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    feed,
    asked,
    settle,
    /** Lines, of all nodes or of one, can be had no more; or can be had again. */
    setDown: (value: boolean, only?: string) => {
      isDown = (node) => value && node === (only ?? node);
    },
    /** Fires what waits for a time, until all has come to rest. */
    elapse: async () => {
      for (let turn = 0; turn < 4; turn += 1) {
        const due = timers;
        timers = [];
        for (const call of due) call();
        await settle();
      }
    },
    /** The collector stored and published lines. */
    publish: (each: Stored, from: number, to: number) => {
      const { node, owner } = each;
      const lines = each.lines(from, to - from + 1);
      for (const { onLines } of subscribers) {
        onLines?.({ header: { x: X, node, owner, n: from, count: to - from + 1 }, lines });
      }
    },
    changed: (each: Stored) => {
      for (const subscriber of subscribers) subscriber.onExecution(each.summary());
    },
    lost: ({ node, owner }: Stored, from: number, to: number) => {
      for (const { onLost } of subscribers) onLost?.({ x: X, node, owner, from, to });
    },
    subscribed: () => subscribers.map((subscriber) => subscriber.what()),
    reconnected: () => {
      for (const subscriber of subscribers) subscriber.onLive();
    },
  };
}

const open: LogFeed[] = [];
afterEach(() => {
  for (const feed of open.splice(0)) feed.close();
});

/** Runs of consecutive numbers, as "1-3 5", holes in brackets. */
function shown(feed: LogFeed): string {
  const runs: string[] = [];
  let run: [number, number] | undefined;
  const flush = (): void => {
    if (run !== undefined) runs.push(`${run[0]}-${run[1]}`);
    run = undefined;
  };
  for (const item of feed.items(ALL)) {
    if (item.kind === "hole") {
      flush();
      runs.push(`${feed.isMissing(item) ? "missing" : "fetching"}(${item.n}-${item.to})`);
    } else if (run !== undefined && run[1] + 1 === item.n) {
      run = [run[0], item.to];
    } else {
      flush();
      run = [item.n, item.to];
    }
  }
  flush();
  return runs.join(" ");
}

describe("an execution", () => {
  test("opens at its end with one page, however long it is", async () => {
    const { feed, asked } = setUp([new Stored("n1", 100_000_000)]);
    await feed.open({ at: "end" });
    expect(shown(feed)).toBe("99999001-100000000");
    expect(asked).toEqual(["n1 99999001+1000"]);
    expect([feed.isFollowing, feed.hasEarlier, feed.hasLater]).toEqual([true, true, false]);
  });

  test("opens around a line, and does not follow there", async () => {
    const { feed, asked } = setUp([new Stored("n1", 100_000)]);
    await feed.open({ at: "line", n: 50_000, align: "top" });
    expect(shown(feed)).toBe("49750-50749");
    expect([feed.isFollowing, feed.hasLater]).toEqual([false, true]);
    expect(asked.at(-1)).toBe("renew false");
  });

  test("is not set back by an answer to a question from before something changed", async () => {
    const n1 = new Stored("n1", 10);
    const { feed, changed } = setUp([n1]);
    await feed.open({ at: "end" });
    const opening = feed.open({ at: "line", n: 5, align: "top" });
    n1.lastN = 20;
    changed(n1);
    n1.lastN = 10;
    await opening;
    expect(feed.sources[0]?.lastN).toBe(20);
  });

  test("that is not there is said to be absent", async () => {
    const { feed } = setUp([]);
    await feed.open({ at: "end" });
    expect(feed.phase).toBe("absent");
  });

  test("takes live lines in, and lets the oldest go", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish } = setUp([n1], undefined, 1_000);
    await feed.open({ at: "end" });
    for (let batch = 0; batch < 100; batch += 1) {
      n1.lastN += 100;
      publish(n1, n1.lastN - 99, n1.lastN);
      expect(feed.items(ALL).length).toBeLessThanOrEqual(1_000);
    }
    expect(feed.items(ALL).at(-1)?.n).toBe(10_500);
    expect(feed.isFollowing).toBe(true);
  });

  test("scrolled up, counts what comes, and stops taking lines in when the window is full", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, changed, asked } = setUp([n1], undefined, 1_000);
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
    expect([feed.newLines, feed.isFollowing, feed.items(ALL).at(-1)?.n]).toEqual([0, true, 5_000]);
    expect(asked.at(-1)).toBe("renew true");
  });

  test("is read on to its end, page by page, and then is live again", async () => {
    const { feed, asked } = setUp([new Stored("n1", 3_000)]);
    await feed.open({ at: "line", n: 1, align: "top" });
    expect(feed.hasLater).toBe(true);
    await feed.load("end");
    await feed.load("end");
    expect([shown(feed), feed.hasLater]).toEqual(["1-3000", false]);
    expect(asked.at(-1)).toBe("renew true");
  });

  test("is read back to its beginning, and the end is let go", async () => {
    const { feed } = setUp([new Stored("n1", 5_000)], undefined, 2_000);
    await feed.open({ at: "end" });
    while (feed.hasEarlier) await feed.load("start");
    expect(feed.items(ALL)[0]?.n).toBe(1);
    expect([feed.hasLater, feed.isFollowing]).toEqual([true, false]);
    expect(feed.items(ALL).length).toBeLessThanOrEqual(2_000);
  });

  test("goes to a line that it holds without asking", async () => {
    const { feed, asked } = setUp([new Stored("n1", 500)]);
    await feed.open({ at: "end" });
    await feed.goTo({ at: "line", n: 77, align: "third" });
    expect(asked).toHaveLength(1);
    expect([feed.position, feed.isFollowing]).toEqual([{ at: "line", n: 77, align: "third" }, false]);
  });

  test("dragged over, fetches only where it comes to rest", async () => {
    const { feed, asked, settle } = setUp([new Stored("n1", 1_000_000)]);
    await feed.open({ at: "end" });
    for (const n of [900_000, 800_000, 700_000, 600_000]) void feed.goTo({ at: "line", n, align: "top" });
    await settle();
    await settle();
    expect(asked.filter((each) => each.startsWith("n1"))).toEqual([
      "n1 999001+1000",
      "n1 899750+1000",
      "n1 599750+1000",
    ]);
    expect(feed.position).toMatchObject({ n: 600_000 });
  });

  test("is not open where its lines could not be had, and is opened there when they can", async () => {
    const { feed, setDown } = setUp([new Stored("n1", 100_000)]);
    setDown(true);
    await feed.open({ at: "line", n: 500, align: "top" });
    expect([feed.phase, feed.failedAt]).toEqual(["failed", { at: "line", n: 500, align: "top" }]);
    setDown(false);
    await feed.open(feed.failedAt ?? { at: "end" });
    expect([feed.phase, shown(feed), feed.failedAt]).toEqual(["ready", "250-1249", undefined]);
  });

  test("stays where it is when the lines elsewhere could not be had, and says so until one moves on", async () => {
    const { feed, setDown } = setUp([new Stored("n1", 100_000)]);
    await feed.open({ at: "end" });
    setDown(true);
    await feed.goTo({ at: "line", n: 500, align: "top" });
    expect([feed.phase, shown(feed), feed.failedAt]).toMatchObject(["ready", "99001-100000", { n: 500 }]);
    feed.setFollowing(false);
    expect(feed.failedAt).toBeUndefined();
  });

  test("tries a page again that could not be had, after a while", async () => {
    const { feed, setDown, elapse } = setUp([new Stored("n1", 5_000)]);
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

describe("lines that are not there", () => {
  test("are missing when the collector says so, without asking for them", async () => {
    const n1 = new Stored("n1", 900);
    n1.missing = [
      [100, 199],
      [850, 900],
    ];
    const { feed, asked, elapse } = setUp([n1]);
    await feed.open({ at: "end" });
    await elapse();
    expect(shown(feed)).toBe("1-99 missing(100-199) 200-849 missing(850-900)");
    expect(asked).toHaveLength(1);
  });

  test("and that the viewer was told it lost are fetched", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, lost, elapse } = setUp([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 900;
    lost(n1, 501, 800);
    publish(n1, 801, 900);
    expect(shown(feed)).toBe("1-500 fetching(501-800) 801-900");
    await elapse();
    expect(shown(feed)).toBe("1-900");
  });

  test("and could not be had are asked for again, until they can", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, lost, setDown, elapse } = setUp([n1]);
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

  test("and of which nothing is known are asked for once, then missing, and filled when they come late", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, publish, asked, elapse } = setUp([n1]);
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

  test("because the connection was broken are fetched when it is back", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUp([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 2_000;
    changed(n1);
    reconnected();
    await elapse();
    expect(shown(feed)).toBe("1-2000");
    expect(feed.isFollowing).toBe(true);
  });

  test("are too many to fetch after a long break: a follower begins anew at the end", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUp([n1]);
    await feed.open({ at: "end" });
    n1.lastN = 1_000_000;
    changed(n1);
    reconnected();
    await elapse();
    expect(shown(feed)).toBe("999001-1000000");
  });

  test("are too many to fetch after a long break: a reader stays where he is", async () => {
    const n1 = new Stored("n1", 500);
    const { feed, changed, reconnected, elapse } = setUp([n1]);
    await feed.open({ at: "end" });
    feed.setFollowing(false);
    n1.lastN = 1_000_000;
    changed(n1);
    reconnected();
    await elapse();
    expect([shown(feed), feed.hasLater, feed.newLines]).toEqual(["1-500", true, 999_500]);
  });

  test("between pages are gone round: a hole of millions costs no request", async () => {
    const n1 = new Stored("n1", 50_001_000);
    n1.missing = [[501, 50_000_500]];
    const { feed, asked } = setUp([n1]);
    await feed.open({ at: "line", n: 50_000_900, align: "top" });
    while (feed.hasEarlier) await feed.load("start");
    expect(shown(feed)).toBe("1-500 missing(501-50000500) 50000501-50001000");
    expect(asked.length).toBeLessThan(5);
  });
});

test("a hole of millions that has come in the meantime is not fetched: the window ends at it", async () => {
  const n1 = new Stored("n1", 50_001_000);
  n1.missing = [[501, 50_000_500]];
  const { feed, changed, elapse, asked } = setUp([n1]);
  await feed.open({ at: "end" });
  while (feed.hasEarlier) await feed.load("start");
  const before = asked.length;
  n1.missing = [];
  changed(n1);
  await elapse();
  expect(shown(feed)).toBe("50000501-50001000");
  expect([feed.hasEarlier, feed.isFollowing, asked.length]).toEqual([true, true, before]);
});

describe("a job", () => {
  const JOB: LogTarget = { view: "job", job: "job", node: "" };

  function places(feed: LogFeed): string[] {
    return feed.items(ALL).map(({ source, n }) => `${feed.sources[source]?.execution.node} ${n}`);
  }

  test("merges its executions by time, each from its end", async () => {
    const { feed } = setUp([new Stored("n1", 3), new Stored("n2", 3, 500)], JOB);
    await feed.open({ at: "end" });
    expect(places(feed)).toEqual(["n1 1", "n2 1", "n1 2", "n2 2", "n1 3", "n2 3"]);
  });

  test("shows no line before the time from which it has all executions, and goes back page by page", async () => {
    const { feed } = setUp([new Stored("n1", 100, 0), new Stored("n2", 1_000)], JOB);
    await feed.open({ at: "end" });
    expect(places(feed)[0]).toBe("n2 801");
    while (feed.hasEarlier) await feed.load("start");
    expect(places(feed)).toHaveLength(1_100);
    expect(places(feed).slice(0, 2)).toEqual(["n1 1", "n2 1"]);
  });

  test("opens at its end with what could be had, and asks again for the rest", async () => {
    const n2 = new Stored("n2", 3, 500);
    const { feed, setDown, elapse } = setUp([new Stored("n1", 3), n2], JOB);
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
  ])("is not open at a time where lines of one of its executions could not be had: %j", async (position) => {
    const { feed, setDown } = setUp([new Stored("n1", 50_000), new Stored("n2", 50_000)], JOB);
    setDown(true, "n2");
    await feed.open(position);
    expect([feed.phase, feed.failedAt]).toEqual(["failed", position]);
  });

  test("takes in executions that begin while one looks", async () => {
    const stored = [new Stored("n1", 3)];
    const { feed, changed, publish, elapse } = setUp(stored, JOB);
    await feed.open({ at: "end" });
    const late = new Stored("n9", 2, 10_000);
    stored.push(late);
    changed(late);
    await elapse();
    late.lastN = 3;
    publish(late, 3, 3);
    expect(places(feed)).toEqual(["n1 1", "n1 2", "n1 3", "n9 1", "n9 2", "n9 3"]);
  });

  test("looks at one node only where that is asked for", async () => {
    const stored = [new Stored("n1", 3), new Stored("n2", 3)];
    const { feed, changed } = setUp(stored, { ...JOB, node: "n2" });
    await feed.open({ at: "end" });
    changed(new Stored("n3", 5));
    expect(new Set(places(feed).map((place) => place.slice(0, 2)))).toEqual(new Set(["n2"]));
  });

  test("opens at a row of many that have the same time", async () => {
    const n1 = new Stored("n1", 5_000);
    n1.time = () => "2027-01-15T08:00:00.000000Z";
    const { feed } = setUp([n1, new Stored("n2", 10)], JOB);
    await feed.open({ at: "time", time: n1.time(1), row: { x: X, n: 3_000 } });
    expect(places(feed)).toContain("n1 3000");
    expect(places(feed)).toContain("n1 2990");
  });

  test("opens at a time again, and reads on from there", async () => {
    const stored = [new Stored("n1", 50_000), new Stored("n2", 10), new Stored("n3", 60_000, 2_000_000)];
    const { feed, asked } = setUp(stored, JOB);
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

describe("where two users have executions of one id on one node", () => {
  const both = () => [new Stored("n1", 5), new Stored("n1", 7, 0, "bob")] as const;
  const JOB: LogTarget = { view: "job", job: "job", node: "" };

  test.each<LogTarget>([{ view: "execution", x: X, node: "n1" }, JOB])("asks whose is meant: %o", async (target) => {
    const { feed } = setUp([...both()], target);
    await feed.open({ at: "end" });
    expect(feed.phase).toEqual({ owners: ["alice", "bob"] });
  });

  test("shows the lines of the one that is named, and takes in nothing of the other", async () => {
    const [alices, bobs] = both();
    const target = { view: "execution", x: X, owner: "bob", node: "n1" } as const;
    const { feed, publish, lost, changed, subscribed, elapse } = setUp([alices, bobs], target);
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

  test("a job stays its owner's when another begins one of this name, and says so from then on", async () => {
    const [alices, bobs] = both();
    const stored: Stored[] = [alices];
    const { feed, changed, subscribed } = setUp(stored, JOB);
    expect(subscribed()).toEqual([{ job: "job" }]);
    await feed.open({ at: "end" });
    stored.push(bobs);
    changed(bobs);
    await feed.open({ at: "end" });
    expect([feed.phase, feed.sources.length]).toEqual(["ready", 1]);
    expect(subscribed()).toEqual([{ job: "job", owner: "alice" }]);
  });

  test("what /live tells of before the list has come counts, too", async () => {
    const [alices, bobs] = both();
    const stored: Stored[] = [alices];
    const { feed, changed } = setUp(stored, JOB);
    changed(bobs);
    await feed.open({ at: "end" });
    expect(feed.phase).toEqual({ owners: ["alice", "bob"] });
  });
});
