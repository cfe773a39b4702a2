import { createHash } from "node:crypto";
import type { BotFile } from "./bot-file.ts";
import type { BurnedTokens } from "./burned-tokens.ts";
import type { ChatCommands } from "./chat-commands.ts";
import { chatText } from "./chat-text.ts";
import { IrcConnection } from "./irc-connection.ts";
import { type IrcMessage, ircLine } from "./irc-message.ts";
import { PacedLines } from "./paced-lines.ts";
import { nickOf, Speakers } from "./speakers.ts";

const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A wrong token is answered this often: strangers get nothing to fill the bot's line with. */
const REFUSE_EVERY_MS = 5_000;
/** Into a channel that takes nobody at the moment. */
const JOIN_AGAIN_AFTER_MS = 30_000;
/** RFC 2812, section 3.3.1: a channel, some of its members, or all who match a mask. */
const TO_MANY = /^[~&@%+!#$]/;
const CANNOT_JOIN = ["403", "405", "437", "471", "473", "474", "475", "476", "477"];

interface BotOptions {
  readonly file: BotFile;
  readonly burned: BurnedTokens;
  readonly commands: Pick<ChatCommands, "answer">;
  /** Of the viewer. */
  readonly url: string;
  readonly log: (text: string) => void;
  /** Steady. */
  readonly nowMs: () => number;
  readonly after: (act: () => void, afterMs: number) => () => void;
}

/**
 * The bot in its channel. It takes commands from those who have shown a token (`Speakers`), one at a time of each, and answers with
 * NOTICEs, which no bot answers (RFC 2812, section 3.3.2). Everybody else gets silence.
 */
export class Bot {
  readonly #options: BotOptions;
  readonly #speakers: Speakers;
  readonly #lines: PacedLines;
  /** Users whose last command is not answered yet. */
  readonly #busy = new Set<string>();
  #connection: IrcConnection | undefined;
  #isInChannel = false;
  #pauseMs = FIRST_PAUSE_MS;
  #refusedMs = Number.NEGATIVE_INFINITY;
  #cancel = (): void => undefined;
  #cancelJoin = (): void => undefined;
  #isClosed = false;

  constructor(options: BotOptions) {
    this.#options = options;
    const { file, nowMs, after, url } = options;
    this.#speakers = new Speakers({ tokens: file.tokens, channel: file.channel, nowMs });
    this.#lines = new PacedLines({
      send: (line) => this.#connection?.send(line),
      nowMs,
      after,
      leftOut: (count) => ircLine("NOTICE", file.channel, `${count} lines were left out: ${url}`),
    });
  }

  start(): void {
    const { file, after, log } = this.#options;
    const { host, port } = file.server;
    this.#connection = new IrcConnection({
      server: file.server,
      after,
      onMessage: (message) => this.#hear(message),
      onClosed: (why) => {
        this.#speakers.forgetAll();
        this.#lines.clear();
        this.#cancelJoin();
        this.#isInChannel = false;
        if (this.#isClosed) return;
        log(`${host}:${port}: ${why}; again in ${this.#pauseMs / 1_000} s`);
        this.#cancel = after(() => this.start(), this.#pauseMs);
        this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
      },
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#connection?.send(ircLine("QUIT", "ended"));
    this.#connection?.close("ended");
  }

  /** Into the channel; nowhere while the bot is not there: the viewer has it. */
  say(text: string): void {
    if (this.#isInChannel) this.#send(this.#options.file.channel, text);
  }

  #hear(message: IrcMessage): void {
    const { command, params, source } = message;
    const { channel } = this.#options.file;
    const own = this.#connection?.nick ?? "";
    this.#speakers.see(message);
    if (command === "001") this.#join();
    if (CANNOT_JOIN.includes(command) && params[1]?.toLowerCase() === channel.toLowerCase())
      this.#joinLater(params.at(-1) ?? "");
    if (command === "366" && params[1]?.toLowerCase() === channel.toLowerCase()) {
      this.#isInChannel = true;
      this.#pauseMs = FIRST_PAUSE_MS;
      this.#options.log(`in ${channel} as ${own}`);
    }
    if ((command === "KICK" && params[1] === own) || (command === "PART" && nickOf(source) === own)) {
      // Nobody's leaving is seen from outside.
      this.#speakers.forgetAll();
      this.#isInChannel = false;
      this.#joinLater(params.at(-1) ?? "");
    }
    if (command === "PRIVMSG") this.#hearWords(source, { target: params[0] ?? "", text: params[1] ?? "" });
  }

  #join(): void {
    const { channel, channelKey } = this.#options.file;
    this.#connection?.send(channelKey === "" ? ircLine("JOIN", channel) : ircLine("JOIN", channel, channelKey));
  }

  #joinLater(why: string): void {
    const { log, after, file } = this.#options;
    log(`cannot be in ${file.channel}: ${why}; again in ${JOIN_AGAIN_AFTER_MS / 1_000} s`);
    this.#cancelJoin();
    this.#cancelJoin = after(() => this.#join(), JOIN_AGAIN_AFTER_MS);
  }

  #hearWords(source: string, { target, text }: { readonly target: string; readonly text: string }): void {
    // Of nobody.
    if (nickOf(source) === "") return;
    const own = this.#connection?.nick ?? "";
    // Whatever nick the server gives the bot.
    const isPrivate = !TO_MANY.test(target);
    const said = isPrivate ? text.replace(/^!/, "") : spokenTo(own, text);
    if (!isPrivate) this.#burn(source, text);
    if (said === undefined) return;
    const words = said.split(/\s+/).filter((word) => word !== "");
    if (words[0] === "login") {
      if (isPrivate) this.#login(source, words[1] ?? "");
      return;
    }
    const user = this.#speakers.userOf(source);
    if (user === undefined || words.length === 0) return;
    const to = isPrivate ? nickOf(source) : this.#options.file.channel;
    if (words[0] === "logout") {
      this.#speakers.logout(source);
      this.#send(to, `${user} is signed out`);
      return;
    }
    // By then the nick may be somebody else's.
    const isStill = (): boolean => !isPrivate || this.#speakers.userOf(source) === user;
    void this.#obey(user, { words, said, say: (line) => this.#send(to, line, isStill) });
  }

  async #obey(
    user: string,
    {
      words,
      said,
      say,
    }: { readonly words: readonly string[]; readonly said: string; readonly say: (text: string) => void },
  ): Promise<void> {
    if (this.#busy.has(user)) {
      say(`${user}: one at a time: your last one is not answered yet`);
      return;
    }
    this.#busy.add(user);
    this.#options.log(`${user} says ${words.join(" ")}`);
    try {
      for (const line of await this.#options.commands.answer(user, words, said)) say(line);
    } finally {
      this.#busy.delete(user);
    }
  }

  #login(source: string, token: string): void {
    const { burned, nowMs, log, file } = this.#options;
    const outcome = burned.has(digestOf(token)) ? "burned" : this.#speakers.login(source, token);
    if (typeof outcome === "object") {
      const { user } = outcome;
      log(`${user} is ${source}`);
      this.#send(nickOf(source), `${user}: I listen to you until you leave ${file.channel} or change your nick`);
      return;
    }
    log(`refuses a token of ${source}: ${outcome}`);
    if (nowMs() - this.#refusedMs < REFUSE_EVERY_MS) return;
    this.#refusedMs = nowMs();
    this.#send(nickOf(source), REFUSALS[outcome](file.channel));
  }

  /** A token in the channel is everybody's: it is nobody's any more. */
  #burn(source: string, text: string): void {
    const { burned, log } = this.#options;
    for (const word of text.split(/\s+/)) {
      const user = this.#speakers.tokenOf(word);
      if (user === undefined || burned.has(digestOf(word))) continue;
      this.#speakers.logoutUser(user);
      log(`${source} has shown the token of ${user} in the channel`);
      this.say(
        `${user}: everybody here has read your token, so I do not take it any more. mlctl bot --new-token makes another`,
      );
      try {
        burned.add(user, digestOf(word));
      } catch (error) {
        log(`cannot store that, so take the token of ${user} out of bot.toml before the next start: ${error}`);
      }
    }
  }

  #send(to: string, text: string, isStill?: () => boolean): void {
    this.#lines.add(ircLine("NOTICE", to, chatText(text)), isStill);
  }
}

const REFUSALS: Readonly<Record<"burned" | "elsewhere" | "unknown", (channel: string) => string>> = {
  burned: () => "This token was shown to others: mlctl bot --new-token makes another for bot.toml",
  elsewhere: (channel) => `Join ${channel} first: I must see when you go`,
  unknown: () => "I do not know this token: bot.toml has the users, mlctl bot --new-token makes one",
};

/** What follows `!` or the bot's name; undefined: it is not for the bot. */
function spokenTo(nick: string, text: string): string | undefined {
  if (text.startsWith("!")) return text.slice(1);
  const [name = "", ...rest] = text.split(/[:,] /);
  return name === nick && rest.length > 0 ? text.slice(name.length + 2) : undefined;
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
