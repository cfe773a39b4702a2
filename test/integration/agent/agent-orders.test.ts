import { userInfo } from "node:os";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeOrder, type OrderOf } from "../../../src/wire/fleet/order.ts";
import { encodeSignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import { AgentSite } from "../../support/agent-site.ts";
import { cancelOrder, FleetKey, newRun } from "../../support/fleet-keys.ts";
import { poll } from "../../support/poll.ts";

const ME = userInfo().username;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
let site: AgentSite;
let web: FleetKey;
let bob: FleetKey;
let stranger: FleetKey;

beforeAll(async () => {
  site = await AgentSite.create();
  [web, bob, stranger] = ["web", "bob", "stranger"].map((name) => FleetKey.make(site.folder, name)) as [
    FleetKey,
    FleetKey,
    FleetKey,
  ];
  site.trust(`${ME},nobody-at-all ${site.key.line}\nbin ${bob.line}\n`);
  site.webTrust(`${web.line}\n`);
  site.configure({ "min-uid": userInfo().uid, "web-users": [] });
  await site.start();
  await site.until(site.run("true"), "finished");
});

/** What was told about an order, and that nothing of it ran; then another order would be obeyed. */
async function expectRefused(order: OrderOf<"run">, why: string, state = "refused"): Promise<void> {
  const told = await poll(`the answer to ${order.run}`, () => site.states.find(({ run }) => run === order.run));
  expect([told.state, told.why]).toEqual([state, why]);
  expect(site.count("attack")).toBe(0);
  await expectNextIsTaken();
}

/** Asks whether the node would run an order: the same checks, and no process. */
async function expectNextIsTaken(): Promise<void> {
  const check = { ...site.order(), kind: "check" } as const;
  site.send(site.key.message(check));
  await site.until(check, "accepted");
}

const attack = (more: Partial<OrderOf<"run">> = {}): OrderOf<"run"> =>
  site.order({ argv: ["sh", "-c", site.counting("attack")], ...more });

describe("nothing starts, and the next order is undisturbed, after an order", () => {
  test.each<[string, string, () => OrderOf<"run">, (() => FleetKey)?]>([
    ["of a key that nobody trusts", "key-not-trusted", () => attack(), () => stranger],
    ["of another user's key", "key-not-of-this-user", () => attack(), () => bob],
    ["in another user's name", "key-not-of-this-user", () => attack({ user: "daemon" })],
    ["of a user who does not exist", "no-such-user", () => attack({ user: "nobody-at-all" })],
    ["for another node", "not-for-this-node", () => attack({ nodes: ["node2"] })],
    ["for another fleet", "other-fleet", () => attack({ fleet: "0".repeat(64) })],
    ["from the future", "from-the-future", () => later(10 * MINUTE_MS)],
    ["from before the journal", "before-journal", () => later(-DAY_MS, 2 * DAY_MS)],
    ["that says it came from the web", "other-way", () => attack({ via: "web" })],
  ])("%s: %s", async (_what, why, make, key = () => site.key) => {
    const order = make();
    site.send(key().message(order));
    await expectRefused(order, why);
  });

  const signedAs = (spell: (text: string) => string, namespace?: string) => (): string => {
    const order = spell(encodeOrder(attack()));
    return encodeSignedOrder({ order, sig: site.key.sign(order, namespace) });
  };
  const changed = (): string => {
    const signed = site.key.signed(attack());
    return encodeSignedOrder({ ...signed, order: signed.order.replace('"sh"', '"Sh"') });
  };
  const reversed = (text: string): string =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse()));

  test.each<[string, string, () => string]>([
    ["of which one byte was changed", "signature-wrong", changed],
    ["that was signed for another purpose", "other-namespace", signedAs((text) => text, "git")],
    ["with its keys in another order", "malformed-order", signedAs(reversed)],
    ["with spaces", "malformed-order", signedAs((text) => text.replaceAll(":", ": "))],
    ["that is none", "malformed-message", () => "{}"],
  ])("%s: %s", async (_what, why, make) => {
    const before = site.root?.output().length ?? 0;
    site.send(make());
    await poll("the refusal", () => site.root?.output().slice(before).includes(`order refused why=${why}`));
    expect(site.count("attack")).toBe(0);
    await expectNextIsTaken();
  });

  test("that is over: expired, also when it is sent again", async () => {
    const order = later(-10 * MINUTE_MS, MINUTE_MS);
    for (let i = 0; i < 2; i += 1) site.send(site.key.message(order));
    await expectRefused(order, "", "expired");
  });

  test("of a newer version than this agent's: other-version", async () => {
    const order = attack();
    const text = encodeOrder(order).replace('"v":1,', '"v":2,"priority":9,');
    site.send(encodeSignedOrder({ order: text, sig: site.key.sign(text) }));
    await expectRefused(order, "other-version");
  });

  test("of a user below min-uid: system-user, until the node allows it", async () => {
    site.configure({ "min-uid": userInfo().uid + 1 });
    const order = attack();
    site.send(site.key.message(order));
    expect(await site.until(order, "refused")).toMatchObject({ why: "system-user" });
    site.configure({ "min-uid": userInfo().uid });
    // What was refused stays refused.
    site.send(site.key.message(order));
    await poll("the refusal again", () => site.statesOf(order).length > 1);
    await expectRefused(order, "system-user");
  });

  test("of the web: not allowed, then too long a life, then taken once the node allows it", async () => {
    const byWeb = (more: Partial<OrderOf<"run">>): OrderOf<"run"> => {
      const order = attack({ via: "web", ...more });
      const text = encodeOrder(order);
      site.send(encodeSignedOrder({ order: text, sig: web.sign(text, "marcologger-web") }));
      return order;
    };
    await expectRefused(byWeb({}), "web-user-not-allowed");
    site.configure({ "min-uid": userInfo().uid, "web-users": [ME] });
    const issued = Date.now();
    await expectRefused(byWeb({ issued, expires: issued + 2 * 60 * MINUTE_MS }), "web-order-lives-too-long");
    await site.until(byWeb({ argv: ["true"] }), "finished");
  });

  test("with the name of another run: the first one stays", async () => {
    const first = site.run("true");
    await site.until(first, "finished");
    site.send(site.key.message(attack({ run: first.run })));
    await poll("the refusal", () => site.statesOf(first).includes("refused(run-differs)"));
    expect(site.count("attack")).toBe(0);
  });

  test("that was replayed to its last byte thirty times runs once", async () => {
    const order = site.order({ argv: ["sh", "-c", site.counting("replayed")] });
    const message = site.key.message(order);
    for (let i = 0; i < 30; i += 1) site.send(message);
    await site.until(order, "finished");
    await expectNextIsTaken();
    expect(site.count("replayed")).toBe(1);
  });
});

describe("a cancel", () => {
  test("of somebody else stops nothing; of the node's admin it does, and says who", async () => {
    const order = site.run("sleep 1000");
    await site.until(order, "started");
    const byBob = (): void => site.send(bob.message(cancelOrder(order, { user: "bin", owner: ME })));
    byBob();
    await poll("the refusal", () => site.statesOf(order).includes("refused(not-the-owner)"));
    site.configure({ "min-uid": userInfo().uid, admins: ["bin"] });
    byBob();
    expect(await site.until(order, "failed")).toMatchObject({ signal: "SIGTERM", by: "bin" });
  });

  test("of the web stops what web users may order, and nothing of a user whom the node does not list", async () => {
    const order = site.run("sleep 1000");
    await site.until(order, "started");
    const byWeb = (user: string): void => {
      const text = encodeOrder(cancelOrder(order, { user, owner: ME, via: "web" }));
      site.send(encodeSignedOrder({ order: text, sig: web.sign(text, "marcologger-web") }));
    };
    site.configure({ "min-uid": userInfo().uid, admins: ["bin"], "web-users": [] });
    for (const user of [ME, "bin"]) {
      const before = site.states.length;
      byWeb(user);
      await poll(`the refusal of ${user}`, () =>
        site.states.slice(before).some(({ run, why }) => run === order.run && why === "web-user-not-allowed"),
      );
    }
    expect(site.recordsOf(order)).not.toContain("cancel");
    site.configure({ "min-uid": userInfo().uid, "web-users": [ME] });
    byWeb(ME);
    expect(await site.until(order, "failed")).toMatchObject({ signal: "SIGTERM", by: ME });
  });

  test("is honoured after its end", async () => {
    const order = site.run("sleep 1000");
    await site.until(order, "started");
    const issued = Date.now() - 2 * DAY_MS;
    site.cancel(order, site.key, { issued, expires: issued + 1_000 });
    await site.until(order, "failed");
  });
});

test("what was accepted is checked again before it starts: a key that nobody trusts any more starts nothing", async () => {
  // Until the collector confirms the journal, what was accepted only waits.
  const other = await AgentSite.create();
  let mayConfirm = false;
  other.answer = (event) => (event.kind === "journal" && !mayConfirm ? undefined : "+");
  await other.start();
  const order = other.run(other.counting("late"));
  await other.until(order, "accepted");
  other.trust("");
  mayConfirm = true;
  expect(await other.until(order, "refused")).toMatchObject({ why: "key-not-trusted" });
  expect(other.count("late")).toBe(0);
});

test("an answer about the journal that the collector has not signed starts nothing, and takes nothing away", async () => {
  const other = await AgentSite.create();
  const { prove } = other;
  const none = () => "";
  const forged: [string, typeof prove][] = [
    ["+", none],
    ["+", () => "not a proof"],
    // Of an answer that the collector has given to another start of this agent.
    ["+", (of) => prove({ ...of, event: of.event.replace(/"start":"[^"]+"/, `"start":"${newRun()}"`) })],
    ["+", (of) => prove({ ...of, node: "node2" })],
    ["restored", none],
    ["duplicate", none],
  ];
  let asked = 0;
  other.answer = ({ kind }) => (kind === "journal" ? forged[asked++ % forged.length]?.[0] : "+");
  other.prove = (of) => forged[(asked - 1) % forged.length]?.[1](of) ?? "";
  await other.start();
  const order = other.run(other.counting("proven"));
  await other.until(order, "accepted");
  await poll("each forgery", () => asked > forged.length);
  expect([other.statesOf(order), other.count("proven")]).toEqual([["accepted"], 0]);
  expect(other.root?.output()).toMatch(/nothing new starts: the answer about this journal is not the collector's/);
  other.answer = () => "+";
  other.prove = prove;
  await other.until(order, "finished");
  expect(other.count("proven")).toBe(1);
});

test("a journal that the collector has seen with later numbers starts nothing that it held", async () => {
  const other = await AgentSite.create();
  let answer: string | undefined;
  other.answer = (event) => (event.kind === "journal" ? answer : "+");
  await other.start();
  const held = other.run(other.counting("held"));
  await other.until(held, "accepted");
  answer = "restored";
  expect(await other.until(held, "unknown")).toMatchObject({ why: "journal-restored" });
  expect(other.count("held")).toBe(0);
});

test("an order that the collector lost goes back to it as it was signed", async () => {
  const order = site.order({ argv: ["true"], run: newRun() });
  const message = site.key.message(order);
  let isKnown = false;
  site.answer = (event) => {
    if (event.kind === "order") isKnown = encodeSignedOrder(event) === message;
    return event.kind === "state" && event.run === order.run && !isKnown ? "?" : "+";
  };
  site.send(message);
  await site.until(order, "finished");
  expect(isKnown).toBe(true);
});

function later(byMs: number, lifeMs = 10 * MINUTE_MS): OrderOf<"run"> {
  const issued = Date.now() + byMs;
  return attack({ issued, expires: issued + lifeMs });
}
