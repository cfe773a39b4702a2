import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AUDIT_LIMITS, AuditLog } from "../../src/host/audit.ts";
import type { AuditEvent } from "../../src/host/audit-event.ts";
import { DEFAULT_LIMITS } from "../../src/host/config-limits.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { afterwards } from "../support/cleanup.ts";
import { metric } from "../support/ingest-site.ts";
import { poll } from "../support/poll.ts";
import { describeAsRoot, runAsRoot } from "../support/root.ts";
import { tempFolder } from "../support/temp-folder.ts";

const DENIED = { event: "login", outcome: "denied", user: "alice", address: "192.0.2.1" } as const;
const READ = { event: "admin-read", outcome: "ok", user: "carol", owner: ["alice"] } as const;

async function begun(options: { folder?: string; limits?: Partial<typeof DEFAULT_LIMITS> } = {}) {
  const folder = options.folder ?? join(await tempFolder(), "audit");
  const state = { nowMs: 0, wallMs: Date.parse("2026-11-20T04:17:44.960Z") };
  const metrics = createMetrics();
  const events: string[] = [];
  const log = { event: (severity: string, message: string) => void events.push(`${severity} ${message}`) };
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const clocks = { nowMs: () => state.nowMs, wallMs: () => state.wallMs };
  const audit = new AuditLog({ folder, limits, log, metrics, ...clocks });
  afterwards(() => audit.stop());
  const path = join(folder, "audit.log");
  const records = async (): Promise<Record<string, unknown>[]> => {
    await audit.reopen();
    return parsed(readFileSync(path, "utf8"));
  };
  return { audit, folder, path, state, events, metrics, records };
}

function parsed(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("an audit record", () => {
  test("is one line of JSON with the time, in a file of the service alone", async () => {
    const { audit, folder, path, records } = await begun();
    audit.record(READ);
    audit.record({ event: "logout", outcome: "ok", user: "bob", address: undefined });
    const time = "2026-11-20T04:17:44.960Z";
    expect(await records()).toEqual([
      { time, ...READ },
      { time, event: "logout", outcome: "ok", user: "bob" },
    ]);
    expect(statSync(folder).mode & 0o777).toBe(0o750);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("cannot be forged or hidden, and drives no terminal, whatever its values", async () => {
    const { audit, path, records } = await begun();
    const hostile = '"}\n{"event":"login"}\u001b]0;x\u0007\u009b2J\u202e\u2066\u200f\u061c\u2028\ud800\0';
    audit.record({ ...DENIED, user: hostile });
    const [record, ...others] = await records();
    expect(others).toEqual([]);
    expect(record?.["user"]).toBe(hostile);
    expect(readFileSync(path, "latin1")).toMatch(/^[\x20-\x7e]+\n$/);
  });

  test("is bounded, whatever its values", async () => {
    const { audit, path, records } = await begun();
    audit.record({
      ...READ,
      target: "x".repeat(1_000_000),
      owner: Array.from({ length: 5_000 }, () => "u".repeat(900)),
    });
    const [record] = await records();
    expect(record?.["target"]).toBe(`${"x".repeat(AUDIT_LIMITS.maxCharacters)}...`);
    expect(record?.["owner"]).toHaveLength(AUDIT_LIMITS.maxElements + 1);
    expect(statSync(path).size).toBeLessThan(40_000);
  });
});

describe("a flood of refusals", () => {
  test("is one record when they are equal; the next record gives their number", async () => {
    const { audit, state, records } = await begun();
    for (let i = 0; i < 100_000; i += 1) audit.record(DENIED);
    expect(await records()).toHaveLength(1);
    state.nowMs += AUDIT_LIMITS.repeatedWithinMs;
    audit.record(DENIED);
    const [first, second, ...others] = await records();
    expect(others).toEqual([]);
    expect(first?.["repeated"]).toBeUndefined();
    expect(second).toMatchObject({ ...DENIED, repeated: 99_999 });
  });

  test("is counted at the end as well", async () => {
    const { audit, path } = await begun();
    for (let i = 0; i < 4; i += 1) audit.record(DENIED);
    await audit.stop();
    expect(parsed(readFileSync(path, "utf8")).map(({ repeated }) => repeated)).toEqual([undefined, 3]);
  });

  test("leaves room for other events when they differ: a fixed number a minute, the rest counted", async () => {
    const { audit, state, records } = await begun({ limits: { auditRefusalsPerMinute: 20 } });
    for (let i = 0; i < 1_000; i += 1) audit.record({ ...DENIED, user: `user${i}` });
    audit.record(READ);
    expect((await records()).map(({ event }) => event)).toEqual([...Array(5).fill("login"), "admin-read"]);
    state.nowMs += 60_000;
    audit.record({ ...DENIED, user: "one more" });
    const written = await records();
    expect(written.slice(6)).toMatchObject([
      { event: "collector", reason: "too-many-refusals", of: "login", address: "192.0.2.1", repeated: 995 },
      { event: "login", user: "one more" },
    ]);
  });

  test("hides no other kind of event, and no event from another address", async () => {
    const { audit, records } = await begun();
    for (let i = 0; i < 1_000; i += 1) audit.record({ ...DENIED, user: `made-up-${i}` });
    const foreign = { event: "request", outcome: "refused", reason: "foreign-origin", address: "192.0.2.1" } as const;
    audit.record({ ...foreign, method: "DELETE" });
    const guesses = ["alice", "bob", "carol"].map((user) => ({ ...DENIED, user, address: "198.51.100.7" }));
    for (const guess of guesses) audit.record(guess);
    expect((await records()).slice(-4)).toMatchObject([{ ...foreign, method: "DELETE" }, ...guesses]);
  });

  test("from many addresses leaves a number for each of them", async () => {
    const { audit, state, records } = await begun({ limits: { auditRefusalsPerMinute: 2 } });
    const addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8:0:1::1", "2001:db8:0:2::1"];
    for (const address of addresses) {
      for (let i = 0; i < 3; i += 1) audit.record({ ...DENIED, user: `user${i}`, address });
    }
    state.nowMs += 60_000;
    audit.record({ ...DENIED, event: "request" });
    const folded = (await records()).filter(({ reason }) => reason === "too-many-refusals");
    expect(folded.map(({ address, repeated }) => [address, repeated])).toEqual([
      ["192.0.2.1", 2],
      ["192.0.2.2", 2],
      ["192.0.2.3", 3],
      ["2001:db8:0:0::/56", 6],
    ]);
  });

  test("from countless addresses is counted for a bounded number of them", async () => {
    const { audit, state, records } = await begun({ limits: { auditRefusalsPerMinute: 1 } });
    for (let i = 0; i < 5_000; i += 1) audit.record({ ...DENIED, address: `10.0.${i >> 8}.${i & 255}` });
    state.nowMs += 60_000;
    audit.record({ ...DENIED, event: "request" });
    const folded = (await records()).filter(({ reason }) => reason === "too-many-refusals");
    expect(folded).toHaveLength(201);
    expect(folded.at(-1)).toMatchObject({ address: "others", repeated: 4_799 });
  });
});

describe("a user's work on their own executions", () => {
  test("pushes nothing out: a fixed number a minute is recorded, the rest counted", async () => {
    const { audit, state, records } = await begun({ limits: { auditActionsPerUserPerMinute: 2 } });
    const deletion = { event: "deletion", outcome: "ok", user: "alice", owner: "alice" } as const;
    for (let i = 0; i < 1_000; i += 1) audit.record(deletion);
    audit.record({ event: "login", outcome: "ok", user: "bob" });
    audit.record({ event: "deletion", outcome: "ok", user: "carol", owner: "alice" });
    audit.record({ event: "deletion", outcome: "ok", user: "carol", owner: "alice" });
    audit.record({ event: "deletion", outcome: "ok", user: "carol", owner: "alice" });
    expect((await records()).map(({ user }) => user)).toEqual(["alice", "alice", "bob", "carol", "carol", "carol"]);
    state.nowMs += 60_000;
    audit.record(deletion);
    expect((await records()).slice(6)).toMatchObject([
      { event: "collector", reason: "too-many-actions", user: "alice", of: "deletion", repeated: 998 },
      { event: "deletion", user: "alice" },
    ]);
  });

  test("hides none of another kind: not by what a node says of them, nor by a program's calls", async () => {
    const { audit, state, records } = await begun({ limits: { auditActionsPerUserPerMinute: 2 } });
    for (let i = 0; i < 10; i += 1) {
      audit.record({ event: "node-event", outcome: "ok", node: "node1", user: "alice", name: "n" });
      audit.record({ event: "call", outcome: "ok", user: "alice", owner: "alice", what: "hello" });
    }
    // A node may name users that are none.
    for (let i = 0; i < 5_000; i += 1) audit.record({ event: "node-event", outcome: "ok", user: `made-up-${i}` });
    audit.record({ event: "deletion", outcome: "ok", user: "alice", owner: "alice" });
    expect((await records()).at(-1)).toMatchObject({ event: "deletion", user: "alice" });
    state.nowMs += 60_000;
    audit.record({ event: "logout", outcome: "ok", user: "bob" });
    const folded = (await records()).filter(({ reason }) => reason === "too-many-actions");
    expect(folded.map(({ of, user, repeated }) => [of, user, repeated])).toEqual([
      ["node-event", "alice", 8],
      ["node-event", "(others)", 903],
      ["call", "alice", 8],
    ]);
  });
});

test("a clock that is set back hides nothing: records carry its time, and minutes still pass", async () => {
  const { audit, state, records } = await begun({ limits: { auditRefusalsPerMinute: 1 } });
  audit.record(DENIED);
  state.wallMs -= 3_600_000;
  state.nowMs += 60_000;
  audit.record({ ...DENIED, user: "bob" });
  expect(await records()).toMatchObject([
    { user: "alice", time: "2026-11-20T04:17:44.960Z" },
    { user: "bob", time: "2026-11-20T03:17:44.960Z" },
  ]);
});

test("files are rotated by size, compressed, and few", async () => {
  const { audit, folder, records } = await begun({ limits: { auditFileBytes: 2_000, auditFiles: 3 } });
  for (let i = 0; i < 400; i += 1) {
    audit.record({ ...READ, target: `n${i}` });
    if (i % 50 === 49) await records();
  }
  const last = (await records()).at(-1)?.["target"];
  const files = readdirSync(folder).sort();
  expect(files).toEqual(["audit.log", "audit.log.1.gz", "audit.log.2.gz", "audit.log.3.gz"]);
  for (const name of files) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o640);
  const newest = parsed(gunzipSync(readFileSync(join(folder, "audit.log.1.gz"))).toString());
  expect([last ?? "n399", newest.length > 10]).toEqual(["n399", true]);
});

describe("a file that cannot be written", () => {
  test("stops nobody: lost records are counted, the log says so once, and writing resumes by itself", async () => {
    const { audit, folder, path, state, events, metrics, records } = await begun();
    writeFileSync(folder, "in the way");
    const event: AuditEvent = READ;
    for (let i = 0; i < 10; i += 1) audit.record(event);
    await poll("all are lost", async () => (await metric({ metrics }, "ml_audit_lost_records_total")) === 10);
    expect(await metric({ metrics }, "ml_audit_failing")).toBe(1);
    expect(events).toEqual(["error audit records are lost: the file cannot be written"]);
    rmSync(folder);
    mkdirSync(folder);
    writeFileSync(path, '{"cut off');
    state.nowMs += 1_000;
    audit.record(event);
    await poll("it is written again", () => events.includes("notice audit records are written again"));
    expect(await metric({ metrics }, "ml_audit_failing")).toBe(0);
    await expect(records()).rejects.toThrow();
    const [torn, whole] = readFileSync(path, "utf8").split("\n");
    expect([torn, JSON.parse(whole ?? "")]).toEqual(['{"cut off', expect.objectContaining(READ)]);
  });
});

describeAsRoot("a full disk", () => {
  test("stops nobody, and the audit resumes when there is room", async () => {
    const folder = await tempFolder();
    await runAsRoot("mount", ["-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", folder]);
    afterwards(async () => void (await runAsRoot("umount", ["--lazy", folder])));
    const { audit, path, state, events, metrics } = await begun({ folder: join(folder, "audit") });
    const target = "x".repeat(200);
    for (let i = 0; i < 1_000; i += 1) audit.record({ ...READ, target, i });
    await poll("the log says so", () => events.includes("error audit records are lost: the file cannot be written"));
    expect(await metric({ metrics }, "ml_audit_lost_records_total")).toBeGreaterThan(0);
    rmSync(path);
    await poll("it is written again", () => {
      state.nowMs += 1_000;
      audit.record(READ);
      return events.includes("notice audit records are written again");
    });
  });
});
