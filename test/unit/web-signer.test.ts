import { generateKeyPairSync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { WebSigner } from "../../src/auth/signer/web-signer.ts";
import { openOrder } from "../../src/orders/open-order.ts";
import { makeSignerKey, readSignerKey } from "../../src/orders/signer-key.ts";
import { parseWebTrust } from "../../src/orders/trust.ts";
import { encodeOrder, type Order } from "../../src/wire/fleet/order.ts";
import { cancelOrder, runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOW = 1_796_000_000_000;
const MINUTE = 60_000;
const webOrder = (more: Partial<ReturnType<typeof runOrder>> = {}) => runOrder({ via: "web", issued: NOW, ...more });

let nowMs: number;
let logged: string[];
let signer: WebSigner;
let ticket: string;
let uid: number | undefined;

beforeEach(() => {
  nowMs = NOW;
  logged = [];
  uid = 1001;
  const log = {
    event: (_: string, what: string, fields = {}) => void logged.push(`${what} ${JSON.stringify(fields)}`),
  };
  signer = new WebSigner({ key: generateKeyPairSync("ed25519").privateKey, log, wallMs: () => nowMs });
  ticket = signer.ticketFor({ user: "alice", uid: 1001, isByCode: false });
});

const sign = (order: Order, shown = ticket) =>
  signer.sign({ ticket: shown, order: encodeOrder(order) }, async () => uid);

test("makes a key that nobody else may read, and the line that nodes trust; its signature opens there", async () => {
  const file = join(await tempFolder(), "key");
  makeSignerKey(file);
  const key = readSignerKey(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const { trust, faults } = parseWebTrust(readFileSync(`${file}.pub`, "utf8"));
  expect(faults).toEqual([]);
  const own = new WebSigner({ key, log: { event: () => undefined }, wallMs: () => NOW });
  const order = encodeOrder(webOrder());
  const mine = own.ticketFor({ user: "alice", uid: 1001, isByCode: true });
  const signed = await own.sign({ ticket: mine, order }, async () => undefined);
  const message = JSON.stringify({ order, ...signed });
  const trusts = { web: trust, ssh: new Map() };
  expect(openOrder(message, { trusts, nowMs: NOW })).toMatchObject({ kind: "order", order: { user: "alice" } });
  expect(() => makeSignerKey(file)).toThrow(/EEXIST/);
  writeFileSync(file, "no key");
  expect(() => readSignerKey(file)).toThrow(/mlctl pki signer FILE/);
});

test("signs runs and cancels of the ticket's user, and logs each without its environment", async () => {
  expect(await sign(webOrder({ env: ["SECRET=hidden"] }))).toHaveProperty("sig");
  expect(await sign(cancelOrder(webOrder(), { via: "web", issued: NOW, expires: NOW + MINUTE }))).toHaveProperty("sig");
  expect(logged).toEqual([
    expect.stringContaining('order signed for the web {"user":"alice","kind":"run"'),
    expect.stringContaining('"kind":"cancel"'),
  ]);
  expect(logged.join()).not.toContain("hidden");
});

describe("refuses", () => {
  const ask = { provider: "uptime", args: [] } as const;
  test.each<[string, string, () => Order]>([
    ["another user's", "user", () => webOrder({ user: "bob" })],
    ["one that a key of the user signs", "order", () => webOrder({ via: "ssh" })],
    ["one that lives longer than an hour", "life", () => webOrder({ expires: NOW + 61 * MINUTE })],
    ["one of another time", "clock", () => webOrder({ issued: NOW - 6 * MINUTE, expires: NOW + MINUTE })],
    [
      "a question",
      "order",
      () => {
        const { v, fleet, run, user, nodes } = webOrder();
        return { v, kind: "ask", fleet, run, user, nodes, issued: NOW, expires: NOW + 1_000, via: "web", ...ask };
      },
    ],
  ])("%s", async (_, refused, order) => {
    expect(await sign(order())).toEqual({ refused });
  });

  test("a text that is no order, and an unknown or old ticket", async () => {
    expect(await signer.sign({ ticket, order: "{}" }, async () => uid)).toEqual({ refused: "order" });
    expect(await sign(webOrder(), "x")).toEqual({ refused: "ticket" });
    nowMs += 12 * 60 * MINUTE;
    expect(await sign(webOrder({ issued: nowMs, expires: nowMs + MINUTE }))).toEqual({ refused: "ticket" });
  });

  test("more than 60 a minute, of this user alone", async () => {
    for (let i = 0; i < 60; i += 1) expect(await sign(webOrder())).toHaveProperty("sig");
    expect(await sign(webOrder())).toEqual({ refused: "rate" });
    const other = signer.ticketFor({ user: "bob", uid: 1001, isByCode: false });
    expect(await sign(webOrder({ user: "bob" }), other)).toHaveProperty("sig");
    nowMs += MINUTE;
    expect(await sign(webOrder({ issued: nowMs, expires: nowMs + MINUTE }))).toHaveProperty("sig");
  });

  test("a user whose account has ended or has another uid, from then on", async () => {
    uid = undefined;
    expect(await sign(webOrder())).toEqual({ refused: "account" });
    uid = 1001;
    expect(await sign(webOrder())).toEqual({ refused: "ticket" });
  });
});
