import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Bot } from "../../../src/ctl/bot/bot.ts";
import { parseBotFile, readBotFile } from "../../../src/ctl/bot/bot-file.ts";
import { BotFleet } from "../../../src/ctl/bot/bot-fleet.ts";
import { BurnedTokens } from "../../../src/ctl/bot/burned-tokens.ts";
import { ChatCommands } from "../../../src/ctl/bot/chat-commands.ts";
import { RunReports } from "../../../src/ctl/bot/run-reports.ts";
import { AccountFile } from "../../../src/ctl/remote/account.ts";
import { Collector } from "../../../src/ctl/remote/collector.ts";
import { afterwards } from "../../support/cleanup.ts";
import { FleetSite } from "../../support/fleet-site.ts";
import { IrcSite } from "../../support/irc-site.ts";
import { poll } from "../../support/poll.ts";
import { start } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";

/** So much sooner than the bot does: it sends a line every two seconds. Its patience with the server stays what it is. */
const FASTER = 40;
const LINE_EVERY_MS = 2_000;
const CHANNEL = "#ops";
const tokens = new Map<string, string>();
let fleet: FleetSite;
let irc: IrcSite;
let log: string[];
let burnedFile: string;

beforeAll(async () => {
  fleet = await FleetSite.create();
  irc = await IrcSite.create(join(fleet.site.folder, "irc"));
  const lines: string[] = [];
  for (const [user, may] of Object.entries({
    alice: ["look", "ask", "run", "stop", "call"],
    bob: ["look"],
    carol: ["look"],
  })) {
    const { stdout } = await fleet.mlctl.here(["bot", "--new-token"]);
    const [, token = "", line = ""] =
      /^for the user: {2}(\S{22})\nfor bot.toml: {2}(token = "sha256:\w{64}")\n$/.exec(stdout) ?? [];
    tokens.set(user, token);
    lines.push(`[users.${user}]`, line, `may = ${JSON.stringify(may)}`);
  }
  const script = `echo "$MARCOLOGGER_ASKED_BY" asked; printf '\\002bold\\001 \\033[31mred\\n'; echo done`;
  lines.push("[runs.greet]", 'nodes = "node[1-2]"', `argv = ["sh", "-c", ${JSON.stringify(script)}]`);
  lines.push("[runs.fail]", 'nodes = "node1"', 'argv = ["sh", "-c", "exit 3"]');
  lines.push("[runs.long]", 'nodes = "node1"', 'argv = ["sleep", "1000"]');
  const settings = [`server = "127.0.0.1:${irc.port}"`, `ca = ${JSON.stringify(irc.caFile)}`, `channel = "${CHANNEL}"`];
  settings.push('services = ["count", "missing"]');
  writeFileSync(join(fleet.mlctl.folder, "marcologger/bot.toml"), `${[...settings, ...lines].join("\n")}\n`, {
    mode: 0o600,
  });
  burnedFile = join(fleet.mlctl.folder, "burned");
  log = [];
  await startBot();
});

async function startBot(): Promise<void> {
  const configFolder = join(fleet.mlctl.folder, "marcologger");
  const file = parseBotFile(readFileSync(join(configFolder, "bot.toml"), "utf8"), (path) => readFileSync(path, "utf8"));
  const account = new AccountFile(configFolder).read();
  const collector = new Collector(account);
  const place = { configFolder, siteFile: "/nonexistent", hostname: "here", nowMs: Date.now };
  const settings = {
    ...place,
    ...{ sshFolder: join(fleet.mlctl.folder, ".ssh"), stateFolder: join(fleet.mlctl.folder, "state") },
    ...{ environment: {}, onInterrupt: () => () => undefined },
  };
  const say = (text: string): void => made.say(text);
  const reports = new RunReports({ collector, owner: account.user, say, log: (text) => void log.push(text) });
  const made: Bot = new Bot({
    file,
    burned: new BurnedTokens(burnedFile),
    commands: new ChatCommands({
      ...{ file, reports, url: account.url },
      fleet: new BotFleet({ collector, user: account.user, key: fleet.key.path, settings }),
    }),
    url: account.url,
    log: (text) => void log.push(text),
    nowMs: () => performance.now() * FASTER,
    after: (act, afterMs) => {
      const timer = setTimeout(act, afterMs > LINE_EVERY_MS ? afterMs : afterMs / FASTER);
      return () => clearTimeout(timer);
    },
  });
  made.start();
  afterwards(() => {
    reports.close();
    made.close();
  });
  await poll("the bot in its channel", () => log.includes(`in ${CHANNEL} as mlbot`));
}

/** In the channel, and known as a user. */
async function known(nick: string, user: string) {
  const person = await irc.person(nick);
  await person.join(CHANNEL);
  person.say("mlbot", `login ${tokens.get(user)}`);
  await person.answer(nick, new RegExp(`^${user}: I listen to you`));
  return person;
}

test("obeys who has shown a token: runs, ends, lines, nodes, questions, in the channel and in private", async () => {
  const alice = await known("al", "alice");
  alice.say(CHANNEL, "!run greet");
  expect(await alice.answer(CHANNEL, /^greet \w{26} starts/)).toContain(`http://127.0.0.1:`);
  const ended = await alice.answer(CHANNEL, /^greet \w{26} has ended/);
  expect(ended).toMatch(/2 finished \(node\[1-2\]\) http:\S+job=greet&run=\w{26}$/);
  await poll("all lines", async () => {
    const { stdout } = await fleet.mlctl.here(["tail", "greet"]);
    return stdout.match(/done/g)?.length === 2;
  });
  alice.say(CHANNEL, "mlbot: lines greet");
  await alice.heard(({ params }) => params[1]?.startsWith("http") === true);
  const lines = alice.told(CHANNEL);
  expect(lines).toContain("node1: alice asked");
  // Nothing that a client would obey reaches the channel.
  expect(lines).toContain("node1: \\u0002bold\\u0001 \\u001b[31mred");
  alice.messages.length = 0;
  // A node tells the end of its runs some seconds later.
  await poll("no run", async () => {
    alice.say("mlbot", "nodes node1");
    return (await alice.answer("al", /^node1: load [\d.]+, .* free, \d running$/)).endsWith(" 0 running");
  });
  alice.say("mlbot", "ask uptime @node2");
  expect(await alice.answer("al", /^node2: .*seconds=\d+/i)).toBeTruthy();
  alice.say(CHANNEL, "!run fail");
  expect(await alice.answer(CHANNEL, /^fail \w{26} has ended/)).toContain("1 failed, exit code 3 (node1)");
  alice.close();
});

test("stops what it started", async () => {
  const alice = await known("al2", "alice");
  alice.say(CHANNEL, "!run long");
  await alice.answer(CHANNEL, /^long \w{26} starts/);
  await fleet.until("long", ({ nodes }) => nodes[0]?.state === "started");
  alice.say(CHANNEL, "!stop long");
  expect(await alice.answer(CHANNEL, /^long \w{26} has ended/)).toContain(`stopped by ${userInfo().username}`);
  alice.close();
});

test("calls the services of bot.toml with JSON as it was typed, for who may", async () => {
  const services = join(fleet.site.folder, "node2-agent/services.d");
  mkdirSync(services, { recursive: true });
  const as = process.getuid?.() === 0 ? "nobody" : userInfo().username;
  for (const name of ["count", "other"]) {
    const argv = JSON.stringify([
      "/bin/sh",
      "-c",
      `echo x >> ${join(fleet.site.folder, name)}.calls; printf '[%s]' "$(cat)"`,
    ]);
    writeFileSync(join(services, name), `argv = ${argv}\nas = "${as}"\ngroups = ["*"]\n`);
    writeFileSync(join(fleet.site.folder, `${name}.calls`), "", { mode: 0o666 });
    chmodSync(join(fleet.site.folder, `${name}.calls`), 0o666);
  }
  await poll("the services", async () => (await fleet.mlctl.here(["services"])).stdout.includes("other"));
  const [alice, bob] = [await known("al3", "alice"), await known("bo3", "bob")];
  alice.say(CHANNEL, `!call count {"two  spaces": "$(id) \\"; id"}`);
  expect(await alice.answer(CHANNEL, /^node2: \[/)).toBe(`node2: [{"two  spaces": "$(id) \\"; id"}]`);
  alice.say("mlbot", "call other");
  await alice.answer("al3", /^bot.toml has no service other: it has count, missing$/);
  alice.say("mlbot", "call count {");
  await alice.answer("al3", /^call count: expected JSON/);
  alice.say("mlbot", "call missing");
  await alice.answer("al3", /No node that is there offers missing/);
  bob.say("mlbot", "call count");
  await bob.answer("bo3", /^bob may not call/);
  const calls = (name: string) => readFileSync(join(fleet.site.folder, `${name}.calls`), "utf8");
  expect([calls("count"), calls("other")]).toEqual(["x\n", ""]);
  for (const person of [alice, bob]) person.close();
});

test("is silent to everybody else, also under a nick that was somebody's", async () => {
  const before = (await fleet.runs()).length;
  const [alice, mallory] = [await known("al3", "alice"), await irc.person("mallory")];
  const silent: string[] = [];
  const attempt = (text: string, to = CHANNEL): void => {
    silent.push(text);
    mallory.say(to, text);
  };
  // Not in the channel: nobody would see them leave.
  mallory.say("mlbot", `login ${tokens.get("alice")}`);
  await mallory.answer("mallory", /^Join #ops first/);
  await mallory.join(CHANNEL);
  attempt("!run greet");
  attempt("run greet", "mlbot");
  attempt("!login x");
  attempt("\x01VERSION\x01", "mlbot");
  // The nick goes on to somebody else.
  alice.send("NICK", "elsewhere");
  await mallory.heard(({ command, params }) => command === "NICK" && params[0] === "elsewhere");
  alice.say(CHANNEL, "!run greet");
  mallory.send("NICK", "al3");
  await alice.heard(({ command, params }) => command === "NICK" && params[0] === "al3");
  attempt("!run greet");
  // Away and back: whoever comes back may be somebody else.
  const bob = await known("bo", "bob");
  bob.send("PART", CHANNEL);
  await alice.heard(({ command, source }) => command === "PART" && source.startsWith("bo!"));
  await bob.join(CHANNEL);
  bob.say(CHANNEL, "!runs");
  // What the bot says next, it says after all of that.
  const last = await known("last", "carol");
  last.say(CHANNEL, "!run greet");
  expect(await last.answer(CHANNEL, /./)).toBe("carol may not run: bot.toml says who may");
  const all = [...mallory.told(CHANNEL), ...mallory.told("al3"), ...alice.told(CHANNEL), ...bob.told("bo")];
  expect(all.filter((text) => !text.startsWith("carol may not"))).toEqual([]);
  expect((await fleet.runs()).length).toBe(before);
  for (const person of [alice, mallory, bob, last]) person.close();
});

test("nothing that is typed becomes part of a command", async () => {
  const [alice, before] = [await known("al4", "alice"), (await fleet.runs()).length];
  for (const words of ["$(id)", "greet; id", "../greet", "__proto__", "constructor", "greet extra"]) {
    alice.say(CHANNEL, `!run ${words}`);
    expect(await alice.answer(CHANNEL, /^bot\.toml has no run|^run: expected/)).toBeTruthy();
  }
  alice.say(CHANNEL, "!ask ../../etc/passwd");
  await alice.answer(CHANNEL, /^node\d: (noop|failed|refused)|expected|Cannot/);
  expect((await fleet.runs()).length).toBe(before);
  alice.close();
});

test("a token that was shown in the channel is nobody's any more, also after the next start", async () => {
  const carol = await known("ca", "carol");
  carol.say(CHANNEL, `login ${tokens.get("carol")}`);
  await carol.answer(CHANNEL, /^carol: everybody here has read your token/);
  carol.say(CHANNEL, "!runs");
  carol.say("mlbot", `login ${tokens.get("carol")}`);
  await carol.answer("ca", /^This token was shown to others/);
  expect(carol.told(CHANNEL)).toEqual([]);
  expect(readFileSync(burnedFile, "utf8")).toMatch(/^carol [0-9a-f]{64}\n$/);
  carol.close();
});

test("mlctl bot: says how to begin where there is no bot.toml", () => {
  const path = join(fleet.mlctl.folder, "none/bot.toml");
  expect(() => readBotFile(path)).toThrow(`There is no ${path}: \`mlctl bot --help\` shows one`);
});

test("mlctl bot: a server with another certificate gets nothing; Ctrl-C ends it", async () => {
  const config = join(fleet.mlctl.folder, "other.toml");
  writeFileSync(config, `server = "127.0.0.1:${irc.port}"\nchannel = "${CHANNEL}"\n`, { mode: 0o600 });
  const [command, ...args] = program("mlctl", "bot", "--key", fleet.key.path);
  const env = {
    ...process.env,
    XDG_CONFIG_HOME: fleet.mlctl.folder,
    XDG_STATE_HOME: join(fleet.mlctl.folder, "state"),
  };
  const refused = start(command, [...args, "--config", config], { env });
  await refused.waitFor(/certificate[^\n]*; again in 1 s/);
  await refused.end("SIGINT");
  const taken = start(command, args, { env });
  await taken.waitFor(new RegExp(`in ${CHANNEL} as mlbot`));
  taken.signal("SIGINT");
  expect(await taken.ended).toMatchObject({ code: 0 });
  expect(existsSync(join(fleet.mlctl.folder, "state/marcologger/bot-burned"))).toBe(false);
});

test("comes back after the server was killed, and knows nobody any more", async () => {
  const alice = await known("al5", "alice");
  log.length = 0;
  await irc.kill();
  await poll("its notice", () => log.some((text) => text.includes("again in 1 s")));
  await irc.start();
  await poll("the bot in its channel", () => log.some((text) => text.startsWith(`in ${CHANNEL}`)));
  alice.close();
  const again = await irc.person("al5");
  await again.join(CHANNEL);
  again.say(CHANNEL, "!runs");
  again.say("mlbot", `login ${tokens.get("alice")}`);
  await again.answer("al5", /^alice: I listen/);
  expect(again.told(CHANNEL)).toEqual([]);
  again.close();
});
