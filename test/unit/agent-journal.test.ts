import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseAgentConfig } from "../../src/agent/config.ts";
import { Journal } from "../../src/agent/journal/journal.ts";
import { parseAccepted, parseClaim, parseEnded } from "../../src/agent/journal/records.ts";
import { Checks } from "../../src/agent/root/checks.ts";
import { Confirmation } from "../../src/agent/root/confirmation.ts";
import { lookAt } from "../../src/agent/root/look.ts";
import { Messages } from "../../src/agent/root/messages.ts";
import { Runs, type RunsOptions } from "../../src/agent/root/runs.ts";
import type { Outcome } from "../../src/agent/root/starter.ts";
import { sweep } from "../../src/agent/root/sweep.ts";
import type { Teller } from "../../src/agent/root/teller.ts";
import type { Log } from "../../src/host/log.ts";
import { proofOf } from "../../src/orders/answer-proof.ts";
import { readAuthority } from "../../src/orders/authority.ts";
import { parseFleetEvent } from "../../src/wire/fleet/event.ts";
import { encodeOrder, type OrderOf } from "../../src/wire/fleet/order.ts";
import { encodeSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { afterwards } from "../support/cleanup.ts";
import { makeFleetPki, SILENT } from "../support/fleet-broker.ts";
import { cancelOrder, FLEET, newRun, runOrder } from "../support/fleet-keys.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOW_MS = Date.now();
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const BOOT = "0f7a6f0e-6f0e-4b5e-9a52-1d2a3c4b5e6f";
const CLAIM = JSON.stringify({ boot: BOOT, pid: 7, started: "123", sequence: 2, at: NOW_MS });
const EXIT = JSON.stringify({ code: 0, signal: null, at: NOW_MS, text: "" });

let folder: string;
let journal: Journal;

beforeEach(async () => {
  folder = await tempFolder();
  journal = new Journal(folder, { id: newRun(), nowMs: NOW_MS - DAY_MS });
});

/** Puts an order into the journal. */
function accept(more: Partial<OrderOf<"run">> = {}): { user: string; run: string } {
  const order = runOrder(more);
  const message = encodeSignedOrder({ order: encodeOrder(order), sig: "sig" });
  const signed = { order: encodeOrder(order), sig: "sig" };
  const times = { sequence: journal.nextSequence(), at: NOW_MS, issued: order.issued };
  journal.accept(order, { message, signed, uid: 1_000, ...times });
  return { user: order.user, run: order.run };
}

function put(name: { user: string; run: string }, record: string, text: string): void {
  writeFileSync(join(journal.folderOf(name), record), text);
}

const look = (name: { user: string; run: string }, isAlive = false, boot = BOOT) => {
  const seen = lookAt(name, { journal, boot, isAlive: () => isAlive });
  return seen === undefined ? undefined : seen.why === "" ? seen.state : `${seen.state}(${seen.why})`;
};

test("what the journal keeps of a user is known after each step, and after a start", () => {
  const empty = journal.bytesOfUser("alice");
  const names = [accept({ argv: ["true", "x".repeat(10_000)] }), accept(), accept({ user: "bob" })];
  const [alice, bob] = [journal.bytesOfUser("alice"), journal.bytesOfUser("bob")];
  expect(alice).toBeGreaterThan(bob + 20_000);
  const again = new Journal(folder, { id: newRun(), nowMs: NOW_MS });
  expect([again.bytesOfUser("alice"), again.bytesOfUser("bob")]).toEqual([alice, bob]);
  journal.cancel({ user: "carol", run: newRun() }, { message: "", by: "carol", at: NOW_MS });
  expect(journal.bytesOfUser("carol")).toBeGreaterThan(0);
  for (const name of names) journal.remove(name, { expires: 0, issued: 0 });
  expect([journal.bytesOfUser("alice"), journal.bytesOfUser("bob")]).toEqual([empty, 0]);
});

test("one user's ended runs cannot fill the node's disk: more orders are refused and leave nothing; other users go on", async () => {
  const [old, known] = [accept(), accept()];
  truncateSync(join(journal.folderOf(old), "order"), 2 ** 30);
  journal = new Journal(folder, { id: newRun(), nowMs: NOW_MS - DAY_MS });
  const [told, stepped] = [[] as string[], [] as string[]];
  const order = (user: string) => runOrder({ user });
  const messages = new Messages({
    node: "node1",
    journal,
    checks: {
      open: (text: string) => {
        const made = JSON.parse(text) as OrderOf<"run">;
        return { kind: "order", order: made, signed: { order: encodeOrder(made), sig: "sig" }, digest: "" };
      },
      address: () => undefined,
      cancelRefusal: async () => undefined,
      judge: async ({ user }: OrderOf<"run">) =>
        user === "alice" ? { kind: "refuse", why: "system-user" } : { kind: "obey", uid: 1_000 },
    } as never,
    runs: { openCount: () => 0, step: ({ user }: { user: string }) => void stepped.push(user) } as never,
    starter: { limitsMemory: false, sayWhoStops: () => undefined } as never,
    asking: undefined as never,
    services: undefined as never,
    shared: undefined as never,
    teller: { tell: async ({ user, why }: { user: string; why: string }) => void told.push(`${user} ${why}`) } as never,
    log: SILENT,
    nowMs: () => NOW_MS,
  });
  const before = journal.all().length;
  for (const user of ["alice", "bob"]) await messages.take(JSON.stringify(order(user)));
  expect([told, stepped, journal.all().length]).toEqual([["alice too-many-runs"], ["bob"], before + 1]);
  // Nor can cancels of runs that never come; what is there can still be stopped.
  for (const run of [newRun(), known.run]) {
    const cancel = cancelOrder(order("alice"), { run });
    await messages.take(JSON.stringify(cancel));
  }
  expect([journal.all().length, journal.canceller(known), stepped]).toEqual([before + 1, "alice", ["bob", "alice"]]);
});

describe("a record that was cut at any byte", () => {
  test("never lets a run start again: even a damaged claim counts", () => {
    const name = accept();
    for (let bytes = 0; bytes < CLAIM.length; bytes += 1) {
      put(name, "claim", CLAIM.slice(0, bytes));
      expect(look(name)).toBe("unknown(claim-damaged)");
    }
    expect(journal.never(name, { state: "cancelled", why: "", by: "alice" }, NOW_MS)).toBe(false);
    put(name, "claim", CLAIM);
    expect(look(name, true)).toBe("started");
  });

  test("never passes for an end", () => {
    const name = accept();
    put(name, "claim", CLAIM);
    for (let bytes = 0; bytes < EXIT.length; bytes += 1) {
      put(name, "exit", EXIT.slice(0, bytes));
      expect(look(name)).toBe("unknown(exit-damaged)");
    }
    put(name, "exit", EXIT);
    expect(look(name)).toBe("finished");
  });

  test("never passes for an order", () => {
    const name = accept();
    const text = JSON.stringify({ message: "x", uid: 1, sequence: 1, at: 1 });
    for (let bytes = 0; bytes <= text.length; bytes += 1) expect(parseAccepted(text.slice(0, bytes))).toBeUndefined();
    expect(journal.order(name)).toMatchObject({ uid: 1_000 });
  });

  test("is no exception, whatever stands there", () => {
    for (const text of ["", "null", "[]", "{}", '{"pid":-1}', '{"code":"0"}', "\0", '{"state":"finished"}']) {
      expect(parseClaim(text).kind).toBe("damaged");
      expect(parseEnded(text)).toBeUndefined();
    }
  });
});

describe("a run whose supervisor is gone", () => {
  test("is unknown, says whether the machine was restarted, and becomes what its exit says later", () => {
    const name = accept();
    put(name, "claim", CLAIM);
    expect(look(name)).toBe("unknown(supervisor-lost)");
    expect(look(name, false, "another-boot")).toBe("unknown(restarted)");
    put(name, "exit", JSON.stringify({ code: null, signal: "SIGKILL", at: NOW_MS, text: "" }));
    expect(look(name)).toBe("failed");
  });
});

describe("the journal", () => {
  test("is the same one after a restart, and goes on with higher numbers", () => {
    const name = accept();
    put(name, "claim", CLAIM);
    const again = new Journal(folder, { id: newRun(), nowMs: NOW_MS });
    expect([again.id, again.createdMs]).toEqual([journal.id, journal.createdMs]);
    expect(again.all()).toEqual([name]);
  });

  test("takes an order once, and a user's run apart from another user's", () => {
    const name = accept();
    const { run } = name;
    expect(accept({ run, user: "bob" })).toEqual({ run, user: "bob" });
    expect(journal.all()).toHaveLength(2);
    expect(journal.never(name, { state: "expired", why: "", by: "" }, NOW_MS)).toBe(true);
    expect(journal.never(name, { state: "refused", why: "system-user", by: "" }, NOW_MS)).toBe(false);
    expect(look(name)).toBe("expired");
  });

  test("forgets a run a day after it was reported and has expired, and takes no order as old as that again", () => {
    const name = accept({ issued: NOW_MS - MINUTE_MS, expires: NOW_MS });
    journal.never(name, { state: "cancelled", why: "", by: "alice" }, NOW_MS);
    const sweepAt = (nowMs: number) => {
      const seen = (one: typeof name) => lookAt(one, { journal, boot: BOOT, isAlive: () => false });
      return sweep(journal, { nowMs, look: seen, forget: () => {} });
    };
    expect(sweepAt(NOW_MS + 2 * DAY_MS)).toBe(0);
    journal.told(name, "cancelled");
    expect(sweepAt(NOW_MS + DAY_MS / 2)).toBe(0);
    expect(sweepAt(NOW_MS + 2 * DAY_MS)).toBe(1);
    expect([journal.all(), journal.floor().expires]).toEqual([[], NOW_MS]);
    const later = new Journal(folder, { id: newRun(), nowMs: NOW_MS });
    expect(later.highestIssuedMs).toBe(NOW_MS - MINUTE_MS);
  });

  test("is not fooled by folders that are no runs", () => {
    for (const name of ["..x", "alice", `alice.${"x".repeat(26)}`, `-o.${newRun()}`])
      mkdirSync(join(folder, "runs", name));
    expect(journal.all()).toEqual([]);
  });
});

test("a run that is asked about while its end is being reported is reported again", async () => {
  const name = accept();
  put(name, "claim", CLAIM);
  put(name, "exit", EXIT);
  const told: string[] = [];
  const answers: ((answer: string) => void)[] = [];
  const parts = {
    starter: { clean: async () => undefined },
    shared: { places: async () => new Map() },
    teller: {
      tell: ({ state }: { state: string }) => {
        told.push(state);
        return new Promise((resolve) => answers.push(resolve));
      },
    },
  } as unknown as Pick<RunsOptions, "checks" | "starter" | "services" | "shared" | "teller">;
  const clock = { nowMs: () => NOW_MS, after: () => () => undefined };
  const runs = new Runs({ ...parts, ...clock, journal, boot: BOOT, isAlive: () => false, log: SILENT });
  afterwards(() => runs.close());
  runs.step(name);
  await poll("its end", () => told.length === 1);
  runs.step(name, { isAsked: true });
  answers[0]?.("+");
  await poll("its end again", () => told.length === 2);
  answers[1]?.("+");
  await poll("that it is closed", () => runs.openCount() === 0);
  expect(told).toEqual(["finished", "finished"]);
});

describe("a refusal that the disk has no room for", () => {
  test("ends nothing: the run waits, and is refused later", async () => {
    const name = accept({ expires: NOW_MS + DAY_MS });
    let nowMs = NOW_MS;
    let isFull = true;
    const never = journal.never.bind(journal);
    journal.never = (...words) => {
      if (isFull) throw new Error("ENOSPC");
      return never(...words);
    };
    const told: string[] = [];
    let end: ((outcome: Outcome) => void) | undefined;
    const opened = { kind: "opened", order: journal.order(name) };
    const parts = {
      checks: { open: () => opened, judge: async () => ({ kind: "obey", uid: 1_000 }) },
      starter: {
        isStarting: () => false,
        start: (_name: unknown, _of: unknown, onEnd: typeof end) => {
          end = onEnd;
        },
        clean: async () => undefined,
      },
      services: {},
      shared: { prepare: async () => ({ kind: "ready", places: new Map() }), places: async () => new Map() },
      teller: {
        tell: async ({ state, why }: { state: string; why: string }) => {
          told.push(`${state}(${why})`);
          return "+";
        },
      },
    } as unknown as Pick<RunsOptions, "checks" | "starter" | "services" | "shared" | "teller">;
    const clock = { nowMs: () => nowMs, after: () => () => undefined };
    const runs = new Runs({ ...parts, ...clock, journal, boot: BOOT, isAlive: () => false, log: SILENT });
    afterwards(() => runs.close());
    runs.standing = "confirmed";
    const refuse = async () => {
      await poll("a start", () => end !== undefined);
      end?.({ kind: "refuse", why: "file-digest" });
      end = undefined;
    };
    await refuse();
    await poll("the wait", () => told.includes("waiting(disk)"));
    isFull = false;
    nowMs += MINUTE_MS;
    runs.stepAll();
    await refuse();
    await poll("the refusal", () => told.includes("refused(file-digest)"));
  });
});

describe("a journal that the collector finds to be an old copy", () => {
  test("refuses orders older than that moment, however often it is asked, and soon reaches any number", async () => {
    const known = 1_000_000;
    const logged: string[] = [];
    const standings: string[] = [];
    const log: Log = { ...SILENT, event: (_severity, _words, fields) => void logged.push(String(fields?.["why"])) };
    const pki = await makeFleetPki([]);
    const node = "node1";
    const ask: Teller["ask"] = async (text) => {
      const event = parseFleetEvent(text);
      const answer = event?.kind === "journal" && event.sequence >= known ? "+" : "restored";
      return { answer, proof: proofOf({ node, event: text, answer }, pki) };
    };
    const authority = readAuthority(pki).certificate;
    // Their certificates are of now.
    const madeMs = Date.now();
    let nowMs = madeMs;
    const confirmation = new Confirmation({
      ...{ node, authority, journal, log, teller: { isConnected: true, ask }, start: newRun() },
      onStanding: (standing) => void standings.push(standing),
      nowMs: () => nowMs,
    });
    for (let round = 0; round < 25; round += 1) {
      await confirmation.ask();
      nowMs += 1_000;
    }
    expect(standings.at(-1)).toBe("confirmed");
    expect(journal.createdMs).toBe(madeMs + 5 * MINUTE_MS);
    expect(logged).toEqual(["restored"]);
  });
});

describe("an order at a time", () => {
  const at = (
    order: OrderOf<"run">,
    nowMs: number,
    more: { highestIssuedMs?: number; floor?: number; createdMs?: number } = {},
  ) =>
    new Checks({
      node: "node1",
      fleet: FLEET,
      trusts: () => ({ ssh: new Map(), web: new Map() }),
      policy: () => ({ minUid: 1_000, webUsers: [], webMaxLifeMs: 0, callUsers: [], admins: [], folders: new Map() }),
      users: { byName: async () => undefined, isMember: async () => false },
      journal: {
        createdMs: more.createdMs ?? 0,
        highestIssuedMs: more.highestIssuedMs ?? 0,
        floor: () => ({ expires: more.floor ?? 0, issued: 0, sequence: 0 }),
      },
      nowMs: () => nowMs,
    }).address(order);
  const order = runOrder({ issued: NOW_MS, expires: NOW_MS + 10 * MINUTE_MS });

  test.each([
    ["of now", 0, {}, undefined],
    ["of five minutes ahead, as clocks differ", -5 * MINUTE_MS, {}, undefined],
    ["of more", -5 * MINUTE_MS - 1, {}, "from-the-future"],
    ["at its end", 10 * MINUTE_MS, {}, undefined],
    ["after it", 10 * MINUTE_MS + 1, {}, "expired"],
    ["on a clock that was set back by an hour", 0, { highestIssuedMs: NOW_MS + 60 * MINUTE_MS }, "clock"],
    ["on one that was set back by minutes", 0, { highestIssuedMs: NOW_MS + 5 * MINUTE_MS }, undefined],
    ["below what was forgotten", 0, { floor: NOW_MS + 10 * MINUTE_MS }, "before-floor"],
    ["older than the journal", 0, { createdMs: NOW_MS + 1 }, "before-journal"],
  ] as const)("%s", (_what, afterMs, more, expected) => {
    expect(at(order, NOW_MS + afterMs, more)).toBe(expected);
  });
});

describe("agent.toml", () => {
  test("has defaults for all but node and broker, and names every mistake", () => {
    const parsed = parseAgentConfig('node = "Node1"\nbroker = "c.example.org:4222"\nweb-users = ["@hpc"]');
    expect(parsed).toMatchObject({
      node: "node1",
      policy: { minUid: 1_000, webUsers: ["@hpc"], webMaxLifeMs: 3_600_000 },
    });
    const wrong = parseAgentConfig('node = "../x"\nmin-uid = -1\nweb-max-life = "long"\nadmins = "bob"\nsurprise = 1');
    const keys = "problems" in wrong ? wrong.problems.map((problem) => problem.split(":")[0]).sort() : [];
    expect(keys).toEqual(["admins", "broker", "min-uid", "node", "surprise", "web-max-life"]);
    expect(parseAgentConfig("node = ")).toHaveProperty("problems");
  });

  test.each([
    ["as root", 'path = "/srv/web"\nas = "root"\ngroups = ["*"]'],
    ["of the whole disk", 'path = "/"\nas = "web"\ngroups = ["*"]'],
    ["with ..", 'path = "/srv/../etc"\nas = "web"\ngroups = ["*"]'],
    ["for nobody", 'path = "/srv/web"\nas = "web"\ngroups = []'],
    ["with another key", 'path = "/srv/web"\nas = "web"\ngroups = ["*"]\nmode = 7'],
  ])("takes no shared folder %s", (_what, table) => {
    const of = (lines: string) => parseAgentConfig(`node = "n"\nbroker = "c:4222"\n[folders.web]\n${lines}`);
    expect(of(table)).toEqual({ problems: [expect.stringMatching(/^folders: expected /)] });
    expect(of('path = "/srv/web"\nas = "web"\ngroups = ["staff"]')).not.toHaveProperty("problems");
  });
});
