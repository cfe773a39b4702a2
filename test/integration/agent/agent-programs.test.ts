import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readLoggedIn } from "../../../src/agent/ask/logged-in.ts";
import { parseUnits } from "../../../src/agent/ask/systemd-units.ts";
import { programFields } from "../../../src/agent/programs/program-fields.ts";
import { argumentsFault, parseArgumentSchema } from "../../../src/agent/providers/argument-schema.ts";
import { AGENT_BIN, AgentSite } from "../../support/agent-site.ts";
import { poll } from "../../support/poll.ts";

const IS_ROOT = process.getuid?.() === 0;
const LATE = 79;
let site: AgentSite;

beforeAll(async () => {
  site = await AgentSite.create();
  await site.start();
});

describe("a provider of the node's own", () => {
  test.skipIf(!IS_ROOT)(
    "runs as an unprivileged user: not as root, not as who asks, with nothing of the agent",
    async () => {
      site.program(
        "providers.d/site/who",
        `grep -h -E '^(Cap(Prm|Eff)|Groups)' /proc/self/status >&2
      printf '{"uid":%s,"groups":"%s","asks":"%s","files":"%s"}' $(id -u) "$(id -G)" $MARCOLOGGER_USER "$(ls /proc/self/fd | tr '\n' ' ')"`,
      );
      const { state, rows } = await site.ask("site/who");
      const nobody = spawnSync("id", ["-u", "nobody"]).stdout.toString().trim();
      expect([state, rows]).toEqual([
        "complete",
        [{ uid: Number(nobody), groups: expect.not.stringMatching(/\b0\b/), asks: site.user, files: "0 1 2 3 " }],
      ]);
    },
  );

  test("is there as soon as its file is, and listed with what it takes", async () => {
    expect(await site.ask("weather", "oslo")).toMatchObject({ state: "noop", why: "no-provider" });
    site.program("providers.d/weather", `printf '[{"place":"%s","degrees":-3,"isDry":true},{"place":null}]' "$1"`);
    writeFileSync(join(site.folder, "providers.d/weather.toml"), 'summary = "of today"\narguments = ["[a-z]{1,32}"]\n');
    expect((await site.ask("weather", "oslo")).rows).toEqual([
      { place: "oslo", degrees: -3, isDry: true },
      { place: null },
    ]);
    const { rows } = await site.ask("providers");
    expect(rows.filter(({ name }) => name === "weather" || name === "uptime")).toEqual([
      { name: "uptime", arguments: "", summary: "time since the start, load" },
      { name: "weather", arguments: "[a-z]{1,32}", summary: "of today" },
    ]);
  });

  test.each([
    ["a missing argument", [], "expected 1 argument, got 0"],
    ["one more", ["a", "b"], "expected 1 argument, got 2"],
    ["one that does not fit", ["$(id)"], "argument 1 does not fit [a-z]{1,32}"],
    ["one that fits in a part", ["oslo\n"], "argument 1 does not fit"],
  ])("with %s never runs", async (_, args, words) => {
    site.program("providers.d/city", `${site.counting("city")} echo '{}'`);
    writeFileSync(join(site.folder, "providers.d/city.toml"), 'arguments = ["[a-z]{1,32}"]\n');
    const answer = await site.ask("city", ...args);
    expect(answer).toMatchObject({ state: "failed", why: "arguments", text: expect.stringContaining(words) });
    expect(site.count("city")).toBe(0);
  });

  test.each([
    ["fails", "echo 'no sensor' >&2; exit 1", "unreadable", "no sensor"],
    ["prints no JSON", "echo hello", "unreadable", "It has not printed JSON"],
    ["prints other values", `echo '[{"a":{"b":1}}]'`, "unreadable", "It has not printed JSON"],
    ["prints too much", "head -c 70000 /dev/zero", "too-long", "more than 65536 bytes"],
    ["prints without end", "yes", "too-long", "more than 65536 bytes"],
  ])("that %s is named", async (_, script, why, text) => {
    site.program("providers.d/bad", script);
    expect(await site.ask("bad")).toMatchObject({ state: "failed", why, text: expect.stringContaining(text) });
  });

  test("that somebody else could have written never runs", async () => {
    site.program("providers.d/open", `${site.counting("open")} echo '{}'`);
    chmodSync(join(site.folder, "providers.d/open"), 0o777);
    expect(await site.ask("open")).toMatchObject({
      why: "unreadable",
      text: expect.stringContaining("others may write"),
    });
    chmodSync(join(site.folder, "providers.d/open"), 0o644);
    expect(await site.ask("open")).toMatchObject({
      why: "unreadable",
      text: expect.stringContaining("not executable"),
    });
    expect(site.count("open")).toBe(0);
    site.program("providers.d/deep/er/open", "echo '{}'");
    chmodSync(join(site.folder, "providers.d/deep"), 0o777);
    const text = expect.stringMatching(/^others may write .*providers\.d\/deep: chmod go-w$/);
    expect(await site.ask("deep/er/open")).toMatchObject({ why: "unreadable", text });
  });
});

test("built-in providers look from a process of that user", async () => {
  const { rows } = await site.ask("processes");
  const own = rows.map(({ command }) => String(command)).filter((command) => command.includes("mllook.js"));
  expect(rows.length).toBeGreaterThan(0);
  // As root it is nobody's process, as an ordinary user one of this user's.
  expect(own.length).toBe(IS_ROOT ? 0 : 1);
  expect(await site.ask("uptime", "x")).toMatchObject({ state: "failed", text: "uptime takes no argument" });
});

describe("who and units", () => {
  const utmp = (user: string, pid: number, time: string) =>
    `[7] [${String(pid).padStart(5, "0")}] [ts/0] [${user.padEnd(8)}] [pts/0       ] [${"host.example.org".padEnd(20)}] [192.0.2.1      ] [${time}]`;

  test("the logins are those of utmp, the newest first, without sessions that have gone", async () => {
    const path = join(site.folder, "utmp");
    const gone = spawnSync("true").pid;
    const lines = [
      utmp("alice", process.pid, "2026-11-30T23:00:00,500000+00:00"),
      utmp("bob", 1, "2026-12-01T02:50:00,000000+00:00"),
      utmp("carol", gone, "2026-12-01T02:51:00,000000+00:00"),
      utmp("reboot", 1, "2026-12-01T02:52:00,000000+00:00").replace("[7]", "[2]"),
    ];
    writeFileSync(path, spawnSync("utmpdump", ["-r"], { input: `${lines.join("\n")}\n` }).stdout);
    const at = { terminal: "pts/0", from: "host.example.org" };
    expect(await readLoggedIn(path)).toEqual([
      { user: "bob", ...at, since: "2026-12-01T02:50:00.000Z", pid: 1 },
      { user: "alice", ...at, since: "2026-11-30T23:00:00.500Z", pid: process.pid },
    ]);
  });

  test("units are read as systemctl prints them, in old releases and new ones", () => {
    const printed = [
      "ssh.service         loaded active   running OpenBSD Secure Shell server",
      "● broken.service    loaded failed   failed  /usr/bin/false",
      "  dbus.socket       loaded active   running D-Bus",
      "what-is-missing.service not-found inactive dead what-is-missing.service",
      "",
      "no unit",
    ];
    const rows = parseUnits(printed.join("\n"));
    expect(rows.map(({ unit, load, active, state }) => [unit, load, active, state].join(" "))).toEqual([
      "ssh.service loaded active running",
      "broken.service loaded failed failed",
      "dbus.socket loaded active running",
      "what-is-missing.service not-found inactive dead",
    ]);
    expect(rows[1]?.["description"]).toBe("/usr/bin/false");
    expect(parseUnits(`${printed[0]}\n`.repeat(1_000))).toHaveLength(128);
  });

  test.each([
    ["who", "/run/utmp", /list of logins/],
    ["units", "/run/systemd/system", /does not run systemd/],
  ])("%s: a node without such a thing says NOOP", async (provider, path, why) => {
    const { state, text } = await site.ask(provider);
    if (existsSync(path)) expect(state).toBe("complete");
    else expect([state, text]).toEqual(["noop", expect.stringMatching(why)]);
  });
});

test("a program that takes too long is killed with everything that it started", () => {
  const { username, uid } = userInfo();
  const mark = `7${process.pid}`;
  const script = `setsid sleep ${mark} & sleep ${mark}`;
  const input = programFields({ argv: ["/bin/sh", "-c", script], env: [], input: "" });
  const look = spawnSync(join(AGENT_BIN, "mlsupervise"), ["look", String(uid), username, "1"], { input });
  expect(look.status).toBe(LATE);
  expect(spawnSync("ps", ["-eo", "args"]).stdout.toString().split("\n")).not.toContain(`sleep ${mark}`);
});

test("nvidia-smi names GPUs, and scripts print labels, as soon as they are there", async () => {
  site.program(
    "nvidia-smi",
    `[ "$1" = --query-gpu=name,memory.total ] && echo 'A100, 81920 MiB' && echo 'A100, 81920 MiB'`,
  );
  site.program("facts.d/10-role", `echo '{"role":"render","racks":3,"isNew":true,"nested":{"a":1},"no key":1}'`);
  site.program("facts.d/20-second", `echo '{"role":"other","site":"oslo"}'`);
  site.program("facts.d/30-fails", "echo '{\"x\":1}'; exit 1");
  await poll("the labels", () => site.found.labels.includes("site=oslo"));
  expect(site.found).toEqual({
    gpus: ["A100, 81920 MiB", "A100, 81920 MiB"],
    labels: ["role=render", "racks=3", "isNew=true", "site=oslo"],
  });
  rmSync(join(site.folder, "facts.d/20-second"));
  await poll("their end", () => !site.found.labels.includes("site=oslo"));
});

test("a schema is checked, and its faults are named", () => {
  expect(parseArgumentSchema('arguments = ["("]')).toMatch(/^arguments: expected a list/);
  expect(parseArgumentSchema("optional = 1")).toMatch(/^optional: /);
  expect(parseArgumentSchema("argument = []")).toMatch(/^argument: there is no such key/);
  const schema = parseArgumentSchema('arguments = ["a", "b|c"]\noptional = 1');
  if (typeof schema === "string") throw new Error(schema);
  expect([["a"], ["a", "c"], ["a", "bc"], []].map((args) => argumentsFault(args, schema))).toEqual([
    undefined,
    undefined,
    "argument 2 does not fit b|c",
    "expected 1 to 2 arguments, got 0",
  ]);
});

test("an expression that would go on for ever with some text is ended", () => {
  const pattern = "([a-z0-9]+-?)+";
  const fault = argumentsFault(["a", `${"a".repeat(255)}!`], {
    summary: "",
    patterns: [pattern, pattern],
    optional: 0,
  });
  expect(fault).toBe(`argument 2 takes more than 50 ms to compare with ${pattern}`);
});
