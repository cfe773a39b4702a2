import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseBotFile } from "../../src/ctl/bot/bot-file.ts";
import { chatText } from "../../src/ctl/bot/chat-text.ts";
import { cutToBytes, ircLine, parseIrcMessage } from "../../src/ctl/bot/irc-message.ts";
import { PacedLines } from "../../src/ctl/bot/paced-lines.ts";
import { Speakers } from "../../src/ctl/bot/speakers.ts";
import { FakeClock } from "../support/fake-clock.ts";

const digest = (token: string) => createHash("sha256").update(token).digest("hex");

describe("messages (RFC 2812, section 2.3.1)", () => {
  test.each([
    ["PING :irc.test", { source: "", command: "PING", params: ["irc.test"] }],
    [":a!b@c PRIVMSG #x :hi  : there", { source: "a!b@c", command: "PRIVMSG", params: ["#x", "hi  : there"] }],
    ["@account=alice;x=\\: :a!b@c privmsg #x y", { source: "a!b@c", command: "PRIVMSG", params: ["#x", "y"] }],
    [":s 353 me = #x :@a +b c", { source: "s", command: "353", params: ["me", "=", "#x", "@a +b c"] }],
    [":s 001 me :", { source: "s", command: "001", params: ["me", ""] }],
    ["A 1 2 3 4 5 6 7 8 9 a b c d e f g", { source: "", command: "A", params: [..."123456789abcde"].concat("f g") }],
    ["", undefined],
    [":only", undefined],
    ["12 x", undefined],
    ["P\rX y", undefined],
  ])("%j", (line, message) => expect(parseIrcMessage(line)).toEqual(message));

  test("whatever comes, and whatever is said, a line is one message of at most 512 octets that reads the same", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 700 }), (line) => void parseIrcMessage(line)),
      { numRuns: 5_000 },
    );
    const near = fc
      .tuple(
        fc.constantFrom("", ":a!b@c ", "@a=b :c "),
        fc.constantFrom("PRIVMSG", "NICK", "353", "x1"),
        fc.stringMatching(/^[ :a-z@\0\r\n!#]{0,30}$/),
      )
      .map((parts) => parts.join(" "));
    fc.assert(
      fc.property(near, (line) => void parseIrcMessage(line)),
      { numRuns: 5_000 },
    );
    const said = fc.property(fc.string({ unit: "grapheme", maxLength: 700 }), (text) => {
      const line = ircLine("NOTICE", "#x", chatText(text));
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(512);
      expect(line.match(/[\r\n\0]/g)).toEqual(["\r", "\n"]);
      expect(parseIrcMessage(line.slice(0, -2))).toEqual({
        source: "",
        command: "NOTICE",
        params: ["#x", chatText(text)],
      });
      // No colour of mIRC, no question of a client (CTCP).
      expect(chatText(text)).not.toMatch(/\p{Cc}/u);
    });
    fc.assert(said, { numRuns: 2_000 });
  });

  test.each(["a b", ":a", "", "a\nQUIT"])("%j is no parameter in the middle", (param) =>
    expect(() => ircLine("JOIN", param, "key")).toThrow(RangeError),
  );

  test("a text is cut at a character", () => {
    expect(cutToBytes("süß", 5)).toBe("süß");
    expect(cutToBytes("süßer", 6)).toBe("sü…");
    expect(cutToBytes("💾💾", 7)).toBe("💾…");
  });
});

test("lines go out as fast as a server takes them; dropped ones are reported", () => {
  const clock = new FakeClock();
  const sent: number[] = [];
  const texts: string[] = [];
  const lines = new PacedLines({
    send: (line) => {
      sent.push(clock.elapsedMs());
      texts.push(line);
    },
    nowMs: () => clock.elapsedMs(),
    after: (act, afterMs) => clock.after(afterMs, act),
    leftOut: (count) => `${count} left out`,
  });
  for (let i = 0; i < 100; i += 1) lines.add(String(i));
  expect(texts).toEqual(["0", "1", "2"]);
  clock.advance(1_000_000);
  expect(texts.slice(-2)).toEqual(["62", "37 left out"]);
  // RFC 1459, section 8.10: two seconds for each, and at most ten ahead.
  let aheadUntilMs = 0;
  for (const atMs of sent) {
    aheadUntilMs = Math.max(aheadUntilMs, atMs) + 2_000;
    expect(aheadUntilMs - atMs).toBeLessThan(10_000);
  }
  for (let i = 0; i < 5; i += 1) lines.add(`later ${i}`);
  lines.clear();
  clock.advance(1_000_000);
  expect(texts.at(-1)).toBe("later 2");
});

describe("who speaks", () => {
  const ALICE = "al!~al@host";
  const see = (speakers: Speakers, ...lines: readonly string[]): void => {
    for (const line of lines) {
      const message = parseIrcMessage(line);
      if (message !== undefined) speakers.see(message);
    }
  };
  const made = (nowMs = () => 0): Speakers => {
    const speakers = new Speakers({ tokens: new Map([[digest("secret"), "alice"]]), channel: "#Ops", nowMs });
    see(speakers, ":irc 353 bot = #ops :@bot +al");
    expect(speakers.login(ALICE, "secret")).toEqual({ user: "alice" });
    return speakers;
  };

  test.each([
    ["leaves", `:${ALICE} PART #ops`],
    ["quits", `:${ALICE} QUIT :net split`],
    ["is kicked", ":op!o@h KICK #ops al :go"],
    ["takes another nick", `:${ALICE} NICK other`],
  ])("nobody any more who %s", (_, line) => {
    const speakers = made();
    see(speakers, line);
    expect([speakers.userOf(ALICE), speakers.userOf("other!~al@host")]).toEqual([undefined, undefined]);
  });

  test("only the very same source: another host, user, or spelling of the nick is another person", () => {
    const speakers = made();
    for (const source of ["al!~al@other", "al!x@host", "AL!~al@host", "al", ""])
      expect(speakers.userOf(source)).toBeUndefined();
    see(speakers, ":al!~al@host PART #other", ":x!y@z QUIT", ":alx!~al@host QUIT");
    expect(speakers.userOf(ALICE)).toBe("alice");
  });

  test("for half a day, and not after another connection or another token", () => {
    let nowMs = 0;
    const speakers = made(() => nowMs);
    nowMs = 12 * 3_600_000;
    expect(speakers.userOf(ALICE)).toBeUndefined();
    const others = made();
    others.forgetAll();
    expect([others.userOf(ALICE), others.login(ALICE, "secret")]).toEqual([undefined, "elsewhere"]);
    see(others, ":al!~al@host JOIN :#ops");
    expect(["", "Secret", "secret "].map((token) => others.login(ALICE, token))).toEqual(Array(3).fill("unknown"));
  });
});

describe("bot.toml", () => {
  const READ = (path: string) => `PEM of ${path}`;
  const BASE = 'server = "irc.test:6697"\nchannel = "#ops"\n';
  const TOKEN = `sha256:${digest("secret")}`;

  test("is read", () => {
    const file = parseBotFile(
      `${BASE}ca = "/x"\n[users.alice]\ntoken = "${TOKEN}"\nmay = ["run"]\n[runs.a]\nnodes = "n"\nargv = ["b"]\n`,
      READ,
    );
    expect(file.server).toMatchObject({ host: "irc.test", port: 6697, tls: { ca: "PEM of /x" }, nick: "mlbot" });
    expect([...file.tokens, ...(file.rights.get("alice") ?? [])]).toEqual([[digest("secret"), "alice"], "run"]);
    expect(file.runs.get("a")).toMatchObject({ nodes: ["n"], argv: ["b"], job: "a" });
  });

  test.each([
    ['server = "irc.test:6697"', "channel: expected a channel like #ops"],
    [`${BASE}tls = false`, "tls = false is for a server on this machine"],
    [`${BASE}extra = 1`, "there is no key extra"],
    [`${BASE}services = ["../x"]`, "services: expected a list of names of services"],
    [`${BASE}channel-key = "two words"`, "channel-key: expected one word"],
    [`${BASE}[users.alice]\ntoken = "secret"`, "users.alice: expected a token of its own"],
    [
      `${BASE}[users.alice]\ntoken = "${TOKEN}"\n[users.bob]\ntoken = "${TOKEN}"`,
      "users.bob: expected a token of its own",
    ],
    [
      `${BASE}[users.alice]\ntoken = "${TOKEN}"\nmay = ["all"]`,
      "users.alice: may: expected a list of look, ask, run, stop",
    ],
    [`${BASE}[runs.a]\nargv = ["b"]`, "runs.a: there are neither nodes nor where"],
  ])("%j is refused", (text, said) => expect(() => parseBotFile(text, READ)).toThrow(said));
});
