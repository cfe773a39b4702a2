import { describe, expect, test } from "vitest";
import { LoginCodes } from "../../src/web/login-codes.ts";
import { isOwnOrigin } from "../../src/web/origin.ts";
import { LoginThrottle } from "../../src/web/throttle.ts";

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

  test("says when the next attempt may be made", () => {
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

  test("takes an attempt back that was no guess", () => {
    const { attempt } = throttle();
    for (let i = 0; i < 20; i += 1) {
      const made = attempt("192.0.2.1", "alice");
      if (typeof made === "number") throw new Error(`Throttled at ${i}`);
      made.forgive();
    }
  });

  test.each([
    ["another host of the same /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true],
    ["another /64", "2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["a shorter spelling", "2001:db8:0:0:1::1", "2001:db8::5", true],
    ["IPv4 in IPv6", "::ffff:192.0.2.1", "192.0.2.1", true],
    ["another IPv4 in IPv6", "::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["a scope", "fe80::1%eth0", "fe80::2%eth1", true],
  ])("counts addresses of one site together: %s", (_, first, second, isSame) => {
    const { attempt } = throttle();
    for (let i = 0; i < 3; i += 1) attempt(first, `user${i}`);
    expect(typeof attempt(second, "alice") === "number").toBe(isSame);
  });

  test("remembers a bounded number of addresses, the newest", () => {
    const { attempt } = throttle();
    for (let i = 0; i < 3; i += 1) attempt("192.0.2.1", `user${i}`);
    for (let i = 0; i < 30_000; i += 1) attempt(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, "alice");
    expect(attempt("192.0.2.1", "alice")).toBeTypeOf("object");
  });
});

describe("one-time codes", () => {
  test("are few: the oldest is given up", () => {
    const codes = new LoginCodes(() => 0);
    const all = Array.from({ length: 20 }, (_, uid) => codes.create({ user: `u${uid}`, uid }, 1_000));
    expect(all.map((code) => codes.redeem(code)?.uid)).toEqual([
      ...Array.from({ length: 4 }, () => undefined),
      ...Array.from({ length: 16 }, (_, i) => i + 4),
    ]);
  });
});

describe("the origin of a request", () => {
  const rules = { tls: false, behindProxy: undefined, cookieName: "ml-1" };
  const proxied = { ...rules, behindProxy: "https://logs.example.org" };
  const cookie = "a=b; ml-1=s%3Ax";

  test.each([
    ["our own", { host: "h:1", origin: "http://h:1", cookie }, rules, true],
    ["our own over TLS", { host: "h:1", origin: "https://h:1", cookie }, { ...rules, tls: true }, true],
    ["the proxy's", { host: "h:1", origin: "https://logs.example.org", cookie }, proxied, true],
    ["ours, past the proxy", { host: "h:1", origin: "http://h:1", cookie }, proxied, true],
    ["none, without a session", { host: "h:1", cookie: "a=b" }, rules, true],
    ["none, without any cookie", { host: "h:1" }, rules, true],
    ["none, with a session", { host: "h:1", cookie }, rules, false],
    ["another scheme", { host: "h:1", origin: "https://h:1", cookie }, rules, false],
    ["another host", { host: "h:1", origin: "http://evil", cookie }, rules, false],
    ["another host, without a session", { host: "h:1", origin: "http://evil" }, rules, false],
    ["our name as a part of another", { host: "h", origin: "http://h.evil", cookie }, rules, false],
    ["an opaque one", { host: "h:1", origin: "null", cookie }, rules, false],
    ["any, without a host", { origin: "http://undefined", cookie }, rules, false],
  ])("is judged: %s", (_, headers, against, expected) => {
    expect(isOwnOrigin(headers, against)).toBe(expected);
  });
});
