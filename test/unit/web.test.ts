import { describe, expect, test } from "vitest";
import { AccountWatch } from "../../src/web/account-watch.ts";
import { LoginCodes } from "../../src/web/login-codes.ts";
import { OwnSite } from "../../src/web/own-site.ts";
import type { Authenticator } from "../../src/web/ports.ts";
import { RefusalDelay } from "../../src/web/refusal-delay.ts";
import { SecondSteps } from "../../src/web/second-steps.ts";
import type { OpenSession } from "../../src/web/sessions.ts";
import { LoginThrottle } from "../../src/web/throttle.ts";
import { afterwards } from "../support/cleanup.ts";

describe("the login throttle", () => {
  const LIMITS = { perAddress: 3, perAddressAndUser: 2 };

  function throttle() {
    const state = { nowMs: 1_000_000 };
    const login = new LoginThrottle(LIMITS, () => state.nowMs);
    const attempt = (address: string, user: string) => {
      const result = login.attempt(address, user);
      return "retryAfterSeconds" in result ? result.retryAfterSeconds : result;
    };
    return { state, attempt };
  }

  test("gives the time of the next allowed attempt", () => {
    const { state, attempt } = throttle();
    attempt("192.0.2.1", "alice");
    state.nowMs += 10_000;
    attempt("192.0.2.1", "alice");
    expect(attempt("192.0.2.1", "alice")).toBe(50);
    state.nowMs += 49_999;
    expect(attempt("192.0.2.1", "alice")).toBe(1);
    state.nowMs += 1;
    expect(attempt("192.0.2.1", "alice")).toBeTypeOf("object");
  });

  test("refunds an attempt that was not a guess", () => {
    const { attempt } = throttle();
    for (let i = 0; i < 20; i += 1) {
      const made = attempt("192.0.2.1", "alice");
      if (typeof made === "number") throw new Error(`Throttled at ${i}`);
      made.forgive();
    }
  });

  test.each([
    ["another network of the same /56", "2001:db8:1:2::1", "2001:db8:1:ff:ffff::9", true],
    ["another /56", "2001:db8:1:2::1", "2001:db8:1:102::1", false],
    ["a shorter spelling", "2001:db8:0:0:1::1", "2001:db8::5", true],
    ["IPv4 in IPv6", "::ffff:192.0.2.1", "192.0.2.1", true],
    ["another IPv4 in IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["a scope", "fe80::1%eth0", "fe80::2%eth1", true],
  ])("counts addresses of one site together: %s", (_, first, second, isSame) => {
    const { attempt } = throttle();
    for (let i = 0; i < 3; i += 1) attempt(first, `user${i}`);
    expect(typeof attempt(second, "alice") === "number").toBe(isSame);
  });

  test("admits a user who has signed in from there before, even if others guess from the same address", () => {
    const login = new LoginThrottle(LIMITS, () => 0);
    for (let i = 0; i < 3; i += 1) login.attempt("192.0.2.1", `user${i}`);
    expect(login.attempt("192.0.2.1", "alice")).toHaveProperty("retryAfterSeconds");
    for (let i = 0; i < 2; i += 1) expect(login.attempt("192.0.2.1", "alice", true)).toHaveProperty("forgive");
    expect(login.attempt("192.0.2.1", "alice", true)).toHaveProperty("retryAfterSeconds");
  });

  test("remembers a bounded number of addresses, the newest", () => {
    const { attempt } = throttle();
    for (let i = 0; i < 3; i += 1) attempt("192.0.2.1", `user${i}`);
    for (let i = 0; i < 30_000; i += 1) attempt(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, "alice");
    expect(attempt("192.0.2.1", "alice")).toBeTypeOf("object");
  });
});

describe("one-time codes", () => {
  test("are few: the oldest expires", () => {
    const codes = new LoginCodes(() => 0);
    const all = Array.from({ length: 20 }, (_, uid) => codes.create({ user: `u${uid}`, uid }, 1_000));
    expect(all.map((code) => codes.redeem(code)?.uid)).toEqual([
      ...Array.from({ length: 4 }, () => undefined),
      ...Array.from({ length: 16 }, (_, i) => i + 4),
    ]);
  });
});

describe("the delay of a refusal", () => {
  function delays(random: number) {
    const waited: number[] = [];
    const after = async (ms: number) => void waited.push(ms);
    return { waited, delay: new RefusalDelay({ nowMs: () => 10_000, random: () => random, after }) };
  }

  test.each([0, 0.5, 1])("ends at a fixed time after the request, however long the check took: %s", async (random) => {
    const { waited, delay } = delays(random);
    const takenMs = [0, 70, 1_999];
    for (const taken of takenMs) await delay.wait(10_000 - taken);
    expect(waited.map((ms, i) => ms + (takenMs[i] ?? 0))).toEqual(takenMs.map(() => 2_000 + random * 1_000));
  });

  test("extends to the end of the next interval when the check took longer", async () => {
    const { waited, delay } = delays(0);
    for (const taken of [2_001, 4_000, 9_000]) await delay.wait(10_000 - taken);
    expect(waited).toEqual([1_999, 0, 1_000]);
  });
});

describe("logins between two steps", () => {
  const asked = (cancelled: string[], name: string) => {
    const reply = async () => ({ is: "denied" }) as const;
    return { is: "asked", prompt: "Code: ", isEcho: true, reply, cancel: () => void cancelled.push(name) } as const;
  };

  test("are few for each address, belong to it, and expire", () => {
    const cancelled: string[] = [];
    const timers: (() => void)[] = [];
    const steps = new SecondSteps({
      after: (_, act) => {
        timers.push(act);
        return () => {};
      },
    });
    const add = (user: string, address: string) => steps.add({ step: asked(cancelled, user), user, address });
    const tokens = ["a", "b", "c", "d"].map((user) => add(user, "192.0.2.1"));
    expect(add("e", "192.0.2.1")).toBeUndefined();
    expect(add("f", "192.0.2.2")).toBeTypeOf("string");
    expect(cancelled).toEqual(["e"]);
    expect(steps.take(tokens[0] ?? "", "192.0.2.2")).toBeUndefined();
    expect(steps.take(tokens[0] ?? "", "192.0.2.1")?.user).toBe("a");
    expect(steps.take(tokens[0] ?? "", "192.0.2.1")).toBeUndefined();
    for (const act of timers) act();
    expect(cancelled.sort()).toEqual(["b", "c", "d", "e", "f"]);
    expect(steps.take(tokens[1] ?? "", "192.0.2.1")).toBeUndefined();
  });
});

describe("accounts of signed-in users", () => {
  const SESSION = { hash: "1", user: "alice", uid: 1001, stamp: "s1", isByCode: false, address: undefined };

  /** The sessions that end when the account is checked. */
  async function endedBy(account: Awaited<ReturnType<Authenticator["account"]>>, changes: Partial<OpenSession> = {}) {
    const ended: string[] = [];
    const all = [
      { ...SESSION, ...changes },
      { ...SESSION, hash: "2", user: "bob", uid: 1002 },
    ];
    const sessions = {
      open: (uid?: number) => all.filter((each) => uid === undefined || each.uid === uid),
      end: (these: readonly { hash: string }[]) => void ended.push(...these.map(({ hash }) => hash)),
    };
    const auth = {
      account: async (user: string) => (user === "alice" ? account : ({ uid: 1002, stamp: "s1" } as const)),
    };
    const watch = new AccountWatch({ sessions, auth, log: { event: () => {} }, nowMs: () => 0 });
    afterwards(() => watch.close());
    await watch.lookAtAll();
    return ended;
  }

  test.each([
    ["the same account", { uid: 1001, stamp: "s1" }, {}, []],
    ["one that is locked, or has another password", { uid: 1001, stamp: "s2" }, {}, ["1"]],
    ["one that is deleted, or has expired", "ended", {}, ["1"]],
    ["another account under the name", { uid: 1003, stamp: "s1" }, {}, ["1"]],
    ["a directory that does not answer", "unavailable", {}, []],
    ["a stamp that can no longer be read", { uid: 1001, stamp: "" }, {}, []],
    ["a session from before there were stamps", { uid: 1001, stamp: "s2" }, { stamp: "" }, []],
    ["a session by code", "ended", { isByCode: true, stamp: "" }, []],
  ] as const)("are checked again: %s", async (_, account, changes, expected) => {
    expect(await endedBy(account, changes)).toEqual(expected);
  });
});

describe("our own site", () => {
  const plain = { tls: false, proxied: undefined, names: ["Collector", "logs.example.org"], isCertified: () => false };
  const proxied = {
    ...plain,
    proxied: { url: "https://www.example.org/logs", addresses: ["10.0.0.1", "2001:db8::/32"] },
  };
  const cookie = "a=b; ml-1=s%3Ax";

  test.each([
    ["our own", { host: "h:1", origin: "http://h:1", cookie }, plain, true],
    ["our own over TLS", { host: "h:1", origin: "https://h:1", cookie }, { ...plain, tls: true }, true],
    ["the proxy's", { host: "h:1", origin: "https://www.example.org", cookie }, proxied, true],
    ["ours, past the proxy", { host: "h:1", origin: "http://h:1", cookie }, proxied, false],
    ["any host's behind the proxy", { host: "h", origin: "https://h", cookie }, proxied, false],
    ["the proxy's without TLS", { host: "h", origin: "http://www.example.org", cookie }, proxied, false],
    ["none, without a session", { host: "h:1", cookie: "a=b" }, plain, true],
    ["none, without any cookie", { host: "h:1" }, plain, true],
    ["none, with a session", { host: "h:1", cookie }, plain, false],
    ["another scheme", { host: "h:1", origin: "https://h:1", cookie }, plain, false],
    ["another host", { host: "h:1", origin: "http://evil", cookie }, plain, false],
    ["another host, without a session", { host: "h:1", origin: "http://evil" }, plain, false],
    ["our name as a part of another", { host: "h", origin: "http://h.evil", cookie }, plain, false],
    ["an opaque one", { host: "h:1", origin: "null", cookie }, plain, false],
    ["any, without a host", { origin: "http://undefined", cookie }, plain, false],
  ])("judges an origin: %s", (_, headers, options, expected) => {
    expect(new OwnSite(options).isOwnOrigin(headers, "ml-1")).toBe(expected);
  });

  test.each([
    ["127.0.0.1:8514", true],
    ["[::1]:8514", true],
    ["192.0.2.1", true],
    ["LOCALHOST:80", true],
    ["a.localhost", true],
    ["collector:8514", true],
    ["logs.example.org.", true],
    [undefined, true],
    ["www.example.org", false],
    ["evil.example", false],
    ["evil.example#logs.example.org", false],
    ["logs.example.org.evil.example", false],
    ["127.0.0.1.evil.example", false],
    ["localhost.evil.example", false],
    ["user@127.0.0.1", false],
    ["127.0.0.1:8514, evil.example", false],
    ["[::1].evil.example", false],
    ["", false],
  ])("accepts only its own Host, against DNS rebinding: %s", (host, expected) => {
    expect(new OwnSite(plain).isOwnHost(host)).toBe(expected);
  });

  test("accepts its names at the proxy and in its certificate", () => {
    expect(new OwnSite(proxied).isOwnHost("www.example.org")).toBe(true);
    expect(new OwnSite({ ...plain, isCertified: (name) => name === "tls.example" }).isOwnHost("tls.example:1")).toBe(
      true,
    );
  });

  test.each([
    ["10.0.0.1", true],
    ["::ffff:10.0.0.1", true],
    ["2001:db8::7", true],
    ["10.0.0.2", false],
    ["127.0.0.1", false],
    ["::1", false],
  ])("trusts only named proxies: %s", (address, expected) => {
    expect(new OwnSite(proxied).isProxy(address)).toBe(expected);
    expect(new OwnSite(plain).isProxy(address)).toBe(false);
  });
});
