import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Bot } from "../../src/ctl/bot/bot.ts";
import { parseBotFile } from "../../src/ctl/bot/bot-file.ts";
import { BurnedTokens } from "../../src/ctl/bot/burned-tokens.ts";
import { afterwards } from "../support/cleanup.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TOKEN = "token-of-alice";
const DIGEST = createHash("sha256").update(TOKEN).digest("hex");
const ALICE = "al!a@host";
const SECRET = "answer for alice";

/** A bot in its channel at a server that says whatever the test wants, as no well-kept server would on demand. */
async function joined(answer: () => Promise<readonly string[]> = async () => [SECRET]) {
  const [folder, clock, log] = [await tempFolder(), new FakeClock(), [] as string[]];
  let [said, asked] = ["", 0];
  let socket: Socket | undefined;
  const server = createServer((connection) => {
    socket = connection.setEncoding("utf8").on("error", () => undefined);
    connection.on("data", (text: string) => {
      said += text;
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const text = `server = "127.0.0.1:${port}"\ntls = false\nchannel = "#ops"\n[users.alice]\ntoken = "sha256:${DIGEST}"\n`;
  const burnedFile = join(folder, "state/burned");
  const bot = new Bot({
    file: parseBotFile(text, () => ""),
    burned: new BurnedTokens(burnedFile),
    commands: { answer },
    url: "https://logs",
    log: (line) => void log.push(line),
    nowMs: () => clock.elapsedMs(),
    after: (act, afterMs) => clock.after(afterMs, act),
  });
  bot.start();
  afterwards(() => {
    bot.close();
    socket?.destroy();
    server.close();
  });
  const send = (...lines: readonly string[]): void => void socket?.write(lines.map((line) => `${line}\r\n`).join(""));
  /** Once the bot has done all that was sent to it. */
  const heard = async (): Promise<string> => {
    asked += 1;
    send(`PING :${asked}`);
    await poll("the bot's sign of life", () => said.includes(`PONG :${asked}\r\n`));
    return said;
  };
  await poll("the bot", () => said.includes("USER "));
  send(":irc 001 mlbot :hello", ":irc 353 mlbot = #ops :mlbot al", ":irc 366 mlbot #ops :end");
  await heard();
  return { send, heard, clock, log, folder, burnedFile };
}

test("a token that comes in private is burned under no nick that the server may have given the bot", async () => {
  const { send, heard, burnedFile } = await joined();
  send(`:${ALICE} PRIVMSG Unseen :login ${TOKEN}`, ":mlbot!m@host NICK Guest7", `:${ALICE} PRIVMSG #ops :Guest7: runs`);
  expect(await heard()).toMatch(/NOTICE al :alice: I listen to you[\s\S]*NOTICE #ops :answer for alice/);
  expect(existsSync(burnedFile)).toBe(false);
});

test("keeps its nick where it is the channel that is held back", async () => {
  const { send, heard } = await joined();
  send(":irc 437 mlbot #ops :unavailable");
  expect((await heard()).match(/^NICK .*$/gm)).toEqual(["NICK :mlbot"]);
});

test.each(["login wrong", TOKEN, "!runs", ""])("%j of nobody has no effect", async (words) => {
  const { send, heard, log, burnedFile } = await joined();
  send(`PRIVMSG mlbot :${words}`, `PRIVMSG #ops :${words}`);
  expect(await heard()).not.toContain("NOTICE");
  expect([log, existsSync(burnedFile)]).toEqual([["in #ops as mlbot"], false]);
});

test.each(["al\u00a0x", "\u3000", ":al", "al\ufeff", "\u2028x"])(
  "a stranger whose nick is %j ends nothing",
  async (nick) => {
    const { send, heard } = await joined();
    send(`:${nick}!m@host JOIN #ops`, `:${nick}!m@host PRIVMSG mlbot :login wrong`);
    send(`:${ALICE} PRIVMSG mlbot :login ${TOKEN}`);
    expect(await heard()).toContain("NOTICE al :alice: I listen to you");
  },
);

test("a private answer goes to the person who asked, not to the next holder of their nick", async () => {
  let answered = (_: readonly string[]): void => undefined;
  const { send, heard, clock } = await joined(
    () =>
      new Promise((resolve) => {
        answered = resolve;
      }),
  );
  const ask = (): void => send(`:${ALICE} PRIVMSG mlbot :login ${TOKEN}`, `:${ALICE} PRIVMSG mlbot :nodes`);
  const leave = (): void => send(`:${ALICE} NICK other`, ":mallory!m@host NICK al");
  ask();
  await heard();
  leave();
  await heard();
  answered([SECRET]);
  expect(await heard()).not.toContain(SECRET);
  // The same of lines that wait for their turn.
  send(":al!m@host QUIT :bye", ":other!a@host NICK al");
  clock.advance(10_000);
  ask();
  await heard();
  answered(["1", "2", "3", "4", "5", "6"].map((line) => `${line} ${SECRET}`));
  const before = (await heard()).match(/answer for alice/g)?.length ?? 0;
  expect([before > 0, before < 6]).toEqual([true, true]);
  leave();
  await heard();
  clock.advance(20_000);
  expect((await heard()).match(/answer for alice/g)).toHaveLength(before);
});

test("a token that was said aloud counts no more, also where that cannot be stored", async () => {
  const { send, heard, log, folder } = await joined();
  writeFileSync(join(folder, "state"), "no folder");
  send(
    `:${ALICE} PRIVMSG mlbot :login ${TOKEN}`,
    `:${ALICE} PRIVMSG #ops :login ${TOKEN}`,
    `:${ALICE} PRIVMSG mlbot :runs`,
  );
  expect(await heard()).toContain("NOTICE #ops :alice: everybody here has read your token");
  expect(log.at(-1)).toMatch(/^cannot store that, so take the token of alice out of bot\.toml/);
  send(`:${ALICE} PRIVMSG mlbot :login ${TOKEN}`);
  const said = await heard();
  expect(said).toContain("NOTICE al :This token was shown to others");
  expect(said).not.toContain(SECRET);
});
