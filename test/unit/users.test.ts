import { userInfo } from "node:os";
import { describe, expect, test, vi } from "vitest";
import { createOwnerOf } from "../../src/bin/owner-of.ts";
import type { Getent, GetentAnswer } from "../../src/host/getent.ts";
import { createNodeUsers } from "../../src/host/node-users.ts";
import { createUserDirectory, type UserDirectory } from "../../src/host/users.ts";
import { afterwards } from "../support/cleanup.ts";

const ENTRIES: Readonly<Record<string, string>> = {
  "passwd alice": "alice:x:1001:1001:Alice,,,:/home/alice:/bin/bash",
  "passwd 1001": "alice:x:1001:1001:Alice,,,:/home/alice:/bin/bash",
  "passwd 1002": "alice:x:1001:1001::/home/alice:/bin/bash",
  "passwd 1003": "bad\u001bname:x:1003:1003::/:/bin/sh",
  "passwd 1004": "short:x",
  "passwd bob@example.org": "bob@example.org:*:70001:70001:Bob:/home/bob:/bin/bash",
  "group admins": "admins:x:1100:bob@example.org,carol",
  "group staff": "staff:x:1001:",
};

function fakeDirectory() {
  const asked: string[] = [];
  const state = { nowMs: 0, failing: false };
  const ask: Getent = async (database, key): Promise<GetentAnswer> => {
    asked.push(`${database} ${key}`);
    if (state.failing) return { kind: "failed", reason: "timeout" };
    const line = ENTRIES[`${database} ${key}`];
    return line === undefined ? { kind: "missing" } : { kind: "found", line };
  };
  return { directory: createUserDirectory({ ask, nowMs: () => state.nowMs }), asked, state };
}

const ALICE = { name: "alice", uid: 1001, gid: 1001 };

describe("the user directory", () => {
  test.each<[string, (directory: UserDirectory) => Promise<unknown>, unknown]>([
    ["a uid", (d) => d.byUid(1001), ALICE],
    ["a name", (d) => d.byName("alice"), ALICE],
    ["a name with a domain", (d) => d.byName("bob@example.org"), { name: "bob@example.org", uid: 70001, gid: 70001 }],
    ["an unknown uid", (d) => d.byUid(4), undefined],
    ["no uid", (d) => d.byUid(-1), undefined],
    ["an answer for another uid", (d) => d.byUid(1002), undefined],
    ["a name that could drive a terminal", (d) => d.byUid(1003), undefined],
    ["a cut entry", (d) => d.byUid(1004), undefined],
    ["a uid in place of a name", (d) => d.byName("1001"), undefined],
    ["an option in place of a name", (d) => d.byName("--help"), undefined],
    ["a path", (d) => d.byName("../alice"), undefined],
    ["a member", (d) => d.isMember({ name: "carol", uid: 1, gid: 1 }, "admins"), true],
    ["the user's primary group", (d) => d.isMember(ALICE, "staff"), true],
    ["somebody else's group", (d) => d.isMember(ALICE, "admins"), false],
    ["an unknown group", (d) => d.isMember(ALICE, "none"), false],
  ])("looks up %s", async (_, look, expected) => {
    expect(await look(fakeDirectory().directory)).toEqual(expected);
  });

  test("asks once for many callers, and remembers for ten minutes", async () => {
    const { directory, asked, state } = fakeDirectory();
    await Promise.all([directory.byUid(1001), directory.byUid(1001), directory.byUid(1001)]);
    state.nowMs = 599_999;
    await directory.byUid(1001);
    expect(asked).toHaveLength(1);
    state.nowMs = 600_000;
    await directory.byUid(1001);
    expect(asked).toHaveLength(2);
  });

  test("remembers for half a minute that a user does not exist", async () => {
    const { directory, asked, state } = fakeDirectory();
    await directory.byUid(7);
    state.nowMs = 29_999;
    await directory.byUid(7);
    expect(asked).toHaveLength(1);
    state.nowMs = 30_000;
    await directory.byUid(7);
    expect(asked).toHaveLength(2);
  });

  test("asks anew for a login, and then gives no earlier answer", async () => {
    const { directory, asked, state } = fakeDirectory();
    const fresh = { isFresh: true };
    await directory.byUid(1001);
    expect(await directory.byUid(1001, fresh)).toEqual(ALICE);
    expect(asked).toHaveLength(2);
    state.failing = true;
    expect(await directory.byUid(1001, fresh)).toBe("unavailable");
    expect(await directory.byUid(1001)).toEqual(ALICE);
  });

  test("remembers a group for half a minute: who leaves it is no administrator then", async () => {
    const { directory, asked, state } = fakeDirectory();
    const isMember = () => directory.isMember({ name: "carol", uid: 1, gid: 1 }, "admins");
    expect([await isMember(), await isMember()]).toEqual([true, true]);
    expect(asked).toEqual(["group admins"]);
    state.nowMs = 30_000;
    await isMember();
    expect(asked).toHaveLength(2);
  });

  test("names the owner of a uid by that uid, although it remembers the name's earlier user", async () => {
    const line = (name: string, uid: number) => `${name}:x:${uid}:${uid}::/:/bin/sh`;
    const passwd = new Map([["alice", line("alice", 1001)]]);
    const ask: Getent = async (_, key) => {
      const found = passwd.get(key);
      return found === undefined ? { kind: "missing" } : { kind: "found", line: found };
    };
    const directory = createUserDirectory({ ask, nowMs: () => 0 });
    await directory.byName("alice");
    for (const key of ["alice", "1005"]) passwd.set(key, line("alice", 1005));
    const ownerOf = createOwnerOf({ directory, nodes: new Map(), nowMs: () => 0 });
    expect(await ownerOf("node1", 1005)).toEqual({ name: "alice", uid: 1005 });
  });

  test("keeps the last answer while the database fails", async () => {
    const { directory, state } = fakeDirectory();
    await directory.byUid(1001);
    state.nowMs = 700_000;
    state.failing = true;
    expect(await directory.byUid(1001)).toEqual(ALICE);
    expect(await directory.byUid(1005)).toBe("unavailable");
  });

  test("does not mistake a failing database for a missing user, and soon asks again", async () => {
    const { directory, asked, state } = fakeDirectory();
    state.failing = true;
    expect([await directory.byUid(1001), await directory.byName("alice")]).toEqual(["unavailable", "unavailable"]);
    expect(await directory.isMember(ALICE, "staff")).toBe(false);
    state.failing = false;
    state.nowMs = 999;
    expect(await directory.byUid(1001)).toBe("unavailable");
    expect(asked).toHaveLength(3);
    state.nowMs = 1_000;
    expect(await directory.byUid(1001)).toEqual(ALICE);
  });

  test("measures elapsed time, whatever happens to the machine's clock", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    afterwards(() => void vi.useRealTimers());
    let asked = 0;
    const directory = createUserDirectory({
      ask: async () => {
        asked += 1;
        return { kind: "missing" };
      },
    });
    await directory.byUid(7);
    vi.setSystemTime(Date.now() + 3_600_000);
    await directory.byUid(7);
    expect(asked).toBe(1);
  });

  test("forgets the oldest entries beyond its limit", async () => {
    const { directory, asked } = fakeDirectory();
    for (let uid = 20_000; uid <= 30_000; uid += 1) await directory.byUid(uid);
    await directory.byUid(30_000);
    expect(asked).toHaveLength(10_001);
    await directory.byUid(20_000);
    expect(asked).toHaveLength(10_002);
  });

  test("forgets no user for unknown keys", async () => {
    const { directory, asked } = fakeDirectory();
    await directory.byUid(1001);
    for (let uid = 100_000; uid <= 120_000; uid += 1) await directory.byUid(uid);
    const before = asked.length;
    expect(await directory.byUid(1001)).toEqual(ALICE);
    expect(asked).toHaveLength(before);
  });

  test("starts few processes at a time", async () => {
    let running = 0;
    let most = 0;
    const ask: Getent = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { kind: "missing" };
    };
    const directory = createUserDirectory({ ask });
    await Promise.all(Array.from({ length: 100 }, (_, uid) => directory.byUid(uid)));
    expect(most).toBe(4);
  });

  test("finds real users through getent", async () => {
    const { uid, gid, username } = userInfo();
    const directory = createUserDirectory();
    expect(await directory.byUid(uid)).toEqual({ name: username, uid, gid });
    expect(await directory.byName(username)).toEqual({ name: username, uid, gid });
    expect(await directory.byUid(3_999_999_999)).toBeUndefined();
    expect(await directory.isMember({ name: "root", uid: 0, gid: 0 }, "root")).toBe(true);
  });
});

describe("the users of nodes", () => {
  const nodes = new Map([
    [
      "own",
      new Map([
        [1001, "zoe"],
        [65_534, "ghost"],
      ]),
    ],
  ]);

  test.each([
    ["the directory, for a node without a map", "other", 1001, "alice"],
    ["the node's own map", "own", 1001, "zoe"],
    ["nothing, when it is not in the map", "own", 1002, undefined],
    ["nothing for the overflow uid, whatever the map says", "own", 65_534, undefined],
    ["nothing for the overflow uid of the directory", "other", 65_534, undefined],
  ])("come from %s", async (_, node, uid, expected) => {
    const userOf = createNodeUsers({ directory: fakeDirectory().directory, nodes, nowMs: () => 0 });
    const user = await userOf(node, uid);
    expect(typeof user === "string" ? user : user?.name).toBe(expected);
  });

  describe("when one node makes up 3,000 uids", () => {
    /** The range of subordinate uids; real users are outside it. */
    const madeUp = Array.from({ length: 3_000 }, (_, i) => 100_000 + i);

    function floodedDirectory() {
      const { directory, asked, state } = fakeDirectory();
      const userOf = createNodeUsers({ directory, nodes: new Map(), nowMs: () => state.nowMs });
      return { userOf, asked, state };
    }

    test("looks up few of them, and answers for users on that node and elsewhere at once", async () => {
      const { userOf, asked } = floodedDirectory();
      const answers: unknown[] = [];
      for (const uid of madeUp) answers.push(await userOf("evil", uid));
      expect(answers.slice(0, 32)).toEqual(Array.from({ length: 32 }, () => undefined));
      expect(new Set(answers.slice(32))).toEqual(new Set(["later"]));
      expect(asked).toHaveLength(32);
      expect([await userOf("evil", 1001), await userOf("other", 1001)]).toEqual([ALICE, ALICE]);
      expect(await userOf("other", 100_000)).toBeUndefined();
      expect(asked).toHaveLength(33);
    });

    test("runs two lookups at a time, and bounds how many wait", async () => {
      const { userOf, asked } = floodedDirectory();
      const answers = await Promise.all(madeUp.map((uid) => userOf("evil", uid)));
      expect(asked.length).toBeLessThanOrEqual(33);
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(asked.length);
      expect(await userOf("evil", 1001)).toEqual(ALICE);
    });

    test("lets the node look up more later", async () => {
      const { userOf, asked, state } = floodedDirectory();
      for (const uid of madeUp) await userOf("evil", uid);
      state.nowMs = 10_000;
      for (const uid of madeUp) await userOf("evil", uid);
      expect(asked).toHaveLength(64);
    });
  });
});
