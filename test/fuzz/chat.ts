import assert from "node:assert/strict";
import { chatText } from "../../src/ctl/bot/chat-text.ts";
import { ircLine, parseIrcMessage } from "../../src/ctl/bot/irc-message.ts";
import { Speakers } from "../../src/ctl/bot/speakers.ts";
import { parseNodeNote } from "../../src/wire/fleet/node-note.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";

const CHANNEL = "#ops";
const LINES = [
  ":al!~al@host PRIVMSG #ops :!run greet",
  "@account=alice;time=1 :al!~al@host PRIVMSG bot :login secret",
  ":irc.test 353 bot = #ops :@bot +al ~x",
  ":al!~al@host JOIN :#ops",
  ":al!~al@host NICK other",
  ":op!o@h KICK #ops al :go",
  "PING :irc.test",
] as const;
const NOTE = JSON.stringify({ severity: "warning", name: "disk", text: "full \u00fc" });
const MAX_PARAMS = 15;
const MAX_LINE_BYTES = 512;

/** What an IRC server sends, and what a user of a node leaves for its agent. */
const chat: FuzzTarget = {
  name: "irc",
  begin: () => {
    const speakers = new Speakers({ tokens: new Map(), channel: CHANNEL, nowMs: () => 0 });
    return (random) => {
      const message = parseIrcMessage(mutate(random, Buffer.from(random.pick(LINES))).toString("utf8"));
      if (message !== undefined) {
        assert.ok(message.params.length <= MAX_PARAMS);
        speakers.see(message);
        assert.equal(speakers.userOf(message.source), undefined);
        const said = ircLine("NOTICE", CHANNEL, chatText(message.params.at(-1) ?? ""));
        assert.ok(Buffer.byteLength(said) <= MAX_LINE_BYTES);
        assert.equal(said.search(/[\r\n\0]/), said.length - 2);
      }
      const note = parseNodeNote(mutate(random, Buffer.from(NOTE)).toString("utf8"));
      if (note !== undefined) assert.deepEqual(parseNodeNote(JSON.stringify(note)), note);
    };
  },
};

export const CHAT_TARGETS: readonly FuzzTarget[] = [chat];
