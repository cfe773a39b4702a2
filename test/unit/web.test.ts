import { describe, expect, test } from "vitest";
import { ConnectionPlaces } from "../../src/web/connection-places.ts";
import { KnownAddresses } from "../../src/web/known-addresses.ts";
import { LoginCodes } from "../../src/web/login-codes.ts";
import { OwnSite } from "../../src/web/own-site.ts";
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

describe("places for connections", () => {
  function places(options: { most?: number; mostPerAddress?: number; proxy?: string } = {}) {
    const { most = 8, mostPerAddress = 3, proxy } = options;
    const known = new KnownAddresses();
    const isProxy = (address: string | undefined) => address === proxy;
    const all = new ConnectionPlaces({ most, mostPerAddress, isKnown: (address) => known.has(address), isProxy });
    const taken = (address: string, times: number) =>
      Array.from({ length: times }, () => all.take(address)).filter((release) => release !== undefined);
    return { known, all, taken };
  }

  test("are few for one address, and for one /56", () => {
    const { taken } = places();
    expect(taken("192.0.2.1", 8)).toHaveLength(3);
    expect(taken("::ffff:192.0.2.1", 1)).toHaveLength(0);
    expect(taken("2001:db8:1:2::1", 2)).toHaveLength(2);
    expect(taken("2001:db8:1:3::1", 2)).toHaveLength(1);
  });

  test("are kept for addresses that somebody signed in from, however many strangers come", () => {
    const { known, taken } = places();
    known.remember("198.51.100.1", "alice");
    expect(Array.from({ length: 20 }, (_, i) => taken(`192.0.2.${i}`, 1)).flat()).toHaveLength(6);
    expect(taken("198.51.100.1", 2)).toHaveLength(2);
    expect(taken("198.51.100.1", 1)).toHaveLength(0);
  });

  test("are free again when they were given back", () => {
    const { taken } = places();
    for (let i = 0; i < 10; i += 1) for (const release of taken("192.0.2.1", 3)) release();
    expect(taken("192.0.2.1", 3)).toHaveLength(3);
  });

  test("are all a proxy's, which brings everybody", () => {
    expect(places({ proxy: "10.0.0.1" }).taken("10.0.0.1", 9)).toHaveLength(8);
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
  ])("knows its own Host, so that no foreign name can be pointed at it: %s", (host, expected) => {
    expect(new OwnSite(plain).isOwnHost(host)).toBe(expected);
  });

  test("knows its names at the proxy and in its certificate", () => {
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
  ])("believes named proxies only: %s", (address, expected) => {
    expect(new OwnSite(proxied).isProxy(address)).toBe(expected);
    expect(new OwnSite(plain).isProxy(address)).toBe(false);
  });
});
