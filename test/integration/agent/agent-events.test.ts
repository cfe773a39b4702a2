import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AGENT_LIMITS } from "../../../src/agent/limits.ts";
import { EventFolder } from "../../../src/agent/notices/event-folder.ts";
import { Notices } from "../../../src/agent/notices/notices.ts";
import type { LogFields } from "../../../src/host/log.ts";
import type { FleetEventOf } from "../../../src/wire/fleet/event.ts";
import { AgentSite } from "../../support/agent-site.ts";
import { newRun } from "../../support/fleet-keys.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { asUser, createTestUser } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const IS_ROOT = process.getuid?.() === 0;

const eventsIn = (site: AgentSite) => join(site.folder, "events");
const notesOf = (site: AgentSite) =>
  site.events.filter((event): event is FleetEventOf<"note"> => event.kind === "note");
const mlctlEvent = (site: AgentSite, ...words: string[]) => {
  const [command, ...args] = program("mlctl", "event", "--folder", eventsIn(site), ...words);
  return run(command, args);
};
const note = (text: string) => JSON.stringify({ severity: "info", name: "test", text });

/** As mlctl event leaves it. */
function leave(site: AgentSite, text: string): string {
  const id = newRun();
  writeFileSync(join(eventsIn(site), id), text);
  return id;
}

test("an event waits on the node until the collector has it, through a kill, and names its user", async () => {
  const site = await AgentSite.create();
  await site.start();
  site.answer = () => undefined;
  const words = ["-s", "warning", "backup.weekly", "only 3 of 4", "disks: „süß“ 💾"];
  expect(await mlctlEvent(site, ...words)).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const [first] = await poll("the event", () => notesOf(site).length > 0 && notesOf(site));
  expect(first).toMatchObject({
    user: userInfo().username,
    severity: "warning",
    name: "backup.weekly",
    text: "only 3 of 4 disks: „süß“ 💾",
  });
  await poll("an empty folder", () => readdirSync(eventsIn(site)).length === 0);
  await site.kill();
  // Left while nobody is there to take it.
  const second = leave(site, note("second"));
  site.events.length = 0;
  site.answer = () => "+";
  await site.start();
  await poll("both", () => notesOf(site).length >= 2);
  expect(notesOf(site).map(({ id }) => id)).toEqual([first?.id, second]);
  await poll("nothing to wait", () => readdirSync(join(site.folder, "state/notices")).length === 0);
});

test("an error that belongs to no run waits through a kill as well", async () => {
  const site = await AgentSite.create();
  site.answer = () => undefined;
  await site.start();
  writeFileSync(join(site.folder, "agent.toml"), "node = 1\n");
  const errors = () => site.events.filter((event) => event.kind === "error");
  site.run("true");
  const [first] = await poll("the error", () => errors().length > 0 && errors());
  await site.kill();
  site.configure({});
  site.events.length = 0;
  site.answer = () => "+";
  await site.start();
  await poll("it again", () => errors().length > 0);
  expect(errors()[0]).toEqual(first);
});

test("a file that is no event is removed and reported to nobody", async () => {
  const site = await AgentSite.create();
  await site.start();
  const folder = eventsIn(site);
  const other = join(site.folder, "other");
  writeFileSync(other, note("of a file elsewhere"));
  linkSync(other, join(folder, newRun()));
  symlinkSync(other, join(folder, newRun()));
  mkdirSync(join(folder, newRun()));
  expect((await run("mkfifo", [join(folder, newRun())])).code).toBe(0);
  for (const text of ["", "{", "[]", note("x".repeat(501)), note("a\0b"), "x".repeat(1_000_000)]) leave(site, text);
  leave(site, JSON.stringify({ severity: "fatal", name: "test", text: "x" }));
  leave(site, JSON.stringify({ severity: "info", name: "two words", text: "x" }));
  writeFileSync(join(folder, "no-id"), note("x"));
  writeFileSync(join(folder, `.${newRun()}`), note("still being written"));
  const last = leave(site, note("the last"));
  await poll("the last", () => notesOf(site).some(({ id }) => id === last));
  expect(notesOf(site).map(({ text }) => text)).toEqual(["the last"]);
  await poll("all but what is being written", () => readdirSync(folder).length === 1);
  expect(readFileSync(other, "utf8")).toContain("of a file elsewhere");
});

test("each user has a share of events per minute; the rest is discarded and counted", async () => {
  const site = await AgentSite.create();
  mkdirSync(eventsIn(site));
  let atMs = 600_000;
  const [taken, logged]: [string[], LogFields[]] = [[], []];
  const folder = new EventFolder({
    path: eventsIn(site),
    users: { byUid: async (uid) => ({ name: "alice", uid, gid: 1 }) },
    log: { event: (_, __, fields = {}) => void logged.push(fields) },
    take: ({ text }) => taken.push(text) > 0,
    nowMs: () => atMs,
  });
  const most = AGENT_LIMITS.eventsAMinuteOfUser;
  for (let i = 0; i < most + 15; i += 1) leave(site, note(String(i)));
  await folder.look();
  expect([taken.length, readdirSync(eventsIn(site)), logged]).toEqual([most, [], []]);
  atMs += 60_000;
  await folder.look();
  expect(logged).toEqual([{ discarded: 15, users: "alice" }]);
  leave(site, note("of the next minute"));
  await folder.look();
  expect(taken.at(-1)).toBe("of the next minute");
});

test("what waits costs nothing of its user's share, and an unknown uid's is counted", async () => {
  const site = await AgentSite.create();
  mkdirSync(eventsIn(site));
  let [hasRoom, name, atMs]: [boolean, string | undefined, number] = [false, "alice", 600_000];
  const [taken, logged]: [string[], LogFields[]] = [[], []];
  const folder = new EventFolder({
    path: eventsIn(site),
    users: { byUid: async (uid) => (name === undefined ? undefined : { name, uid, gid: 1 }) },
    log: { event: (_, __, fields = {}) => void logged.push(fields) },
    take: ({ text }) => hasRoom && taken.push(text) > 0,
    nowMs: () => atMs,
  });
  leave(site, note("waits"));
  for (let i = 0; i < AGENT_LIMITS.eventsAMinuteOfUser + 40; i += 1) await folder.look();
  hasRoom = true;
  await folder.look();
  expect([taken, readdirSync(eventsIn(site))]).toEqual([["waits"], []]);
  name = undefined;
  leave(site, note("of nobody"));
  await folder.look();
  atMs += 60_000;
  await folder.look();
  expect([taken, readdirSync(eventsIn(site)), logged]).toEqual([["waits"], [], [{ discarded: 1, users: "(no name)" }]]);
});

test("a full folder hides nobody's event, and an unremovable file is taken once", async () => {
  const site = await AgentSite.create();
  const path = eventsIn(site);
  mkdirSync(path);
  const [taken, logged]: [string[], LogFields[]] = [[], []];
  const folder = new EventFolder({
    path,
    users: { byUid: async (uid) => ({ name: "alice", uid, gid: 1 }) },
    log: { event: (_, __, fields = {}) => void logged.push(fields) },
    take: ({ text }) => {
      if (text === "stays") {
        // Its removal fails, as on a disk that cannot be written.
        renameSync(path, `${path}.aside`);
        writeFileSync(path, "");
      }
      return taken.push(text) > 0;
    },
    nowMs: () => 600_000,
  });
  leave(site, note("stays"));
  await folder.look();
  rmSync(path);
  renameSync(`${path}.aside`, path);
  await folder.look();
  expect([taken, readdirSync(path), logged]).toEqual([["stays"], [], [expect.objectContaining({ error: "ENOTDIR" })]]);
  const passes = 3;
  for (let i = 0; i < passes * AGENT_LIMITS.eventNamesALook; i += 1)
    mkdirSync(join(path, `${i}/in-it`), { recursive: true });
  leave(site, note("behind"));
  for (let i = 0; i <= passes; i += 1) await folder.look();
  expect([taken, logged.length]).toEqual([["stays", "behind"], 1]);
});

test("a disk that takes and gives nothing neither ends the agent nor repeats what it says", async () => {
  const [folder, logged] = [join(await tempFolder(), "notices"), [] as string[]];
  const log = { event: (_: string, message: string) => void logged.push(message) };
  const notices = new Notices({ folder, log, tell: async () => "+" });
  const ids = [newRun(), newRun()];
  for (const id of ids) {
    notices.add({ v: 1, kind: "error", id, at: 1, why: "", text: "x" });
    rmSync(join(folder, id));
    // Which is not removed as a file, not even by root.
    mkdirSync(join(folder, id));
  }
  await notices.tell();
  expect([notices.isEmpty, logged]).toEqual([
    true,
    ["what the collector has cannot be removed, and is sent again after the next start"],
  ]);
});

test("what the agent cannot keep stays where its user left it", async () => {
  const folder = await tempFolder();
  const tell = async () => undefined;
  const notices = new Notices({ folder: join(folder, "notices"), log: { event: () => undefined }, tell });
  const add = (user: string) =>
    notices.add({ v: 1, kind: "note", id: newRun(), at: 1, user, severity: "info", name: "n", text: "" });
  const addAll = (user: string, count: number) => Array.from({ length: count }, () => add(user)).filter(Boolean).length;
  const { waitingEvents, waitingEventsOfUser } = AGENT_LIMITS;
  expect(addAll("alice", waitingEventsOfUser + 9)).toBe(waitingEventsOfUser);
  expect(["b", "c", "d", "e"].map((user) => addAll(user, waitingEventsOfUser))).toEqual([64, 64, 64, 0]);
  expect(readdirSync(join(folder, "notices"))).toHaveLength(waitingEvents);
  // Errors have a share of their own.
  expect(notices.add({ v: 1, kind: "error", id: newRun(), at: 1, why: "", text: "full" })).toBe(true);
});

test.skipIf(!IS_ROOT)("events of others are neither seen nor removed, and speak for their user alone", async () => {
  const alice = await createTestUser("fleet");
  const site = await AgentSite.create();
  chmodSync(site.folder, 0o755);
  site.answer = ({ kind }) => (kind === "journal" ? "+" : undefined);
  await site.start();
  await site.kill();
  const own = leave(site, note("of root"));
  const [command = "", ...args] = asUser(alice, "sh", "-c", `ls ${eventsIn(site)} || rm -f ${eventsIn(site)}/${own}`);
  const tried = await run(command, args);
  expect(tried).toMatchObject({ stdout: "", stderr: expect.stringMatching(/Permission denied[\s\S]*not permitted/) });
  const [mlctl, ...words] = program("mlctl", "event", "--folder", eventsIn(site), "disk", "full");
  const [as = "", ...rest] = asUser(alice, "sh", "-c", 'umask 077; exec "$@"', "sh", mlctl, ...words);
  expect(await run(as, rest)).toMatchObject({ code: 0 });
  site.answer = () => "+";
  await site.start();
  await poll("both", () => notesOf(site).length >= 2);
  expect(notesOf(site).map(({ user, text }) => [user, text])).toEqual([
    ["root", "of root"],
    [alice.name, "full"],
  ]);
});

test.each([
  [["two words", "text"], 2, "NAME: expected one word"],
  [["disk", "x".repeat(501)], 2, "TEXT: expected 1 to 500 characters"],
  [["-s", "fatal", "disk", "full"], 2, "--severity: expected info, warning, error"],
  [["--folder", "/nonexistent", "disk", "full"], 1, "Does marcologger-agent-root run on this node?"],
])("mlctl event %j says what is wrong", async (words, code, said) => {
  const [command, ...args] = program("mlctl", "event", ...words);
  expect(await run(command, args)).toMatchObject({ code, stderr: expect.stringContaining(said) });
});
