import { createHash } from "node:crypto";
import type { IrcMessage } from "./irc-message.ts";

/** A person who has shown a token. */
interface Speaker {
  readonly user: string;
  readonly untilMs: number;
}

/** A working day: then the token is shown again. */
const SPEAKS_FOR_MS = 12 * 3_600_000;
/** Of a channel. More are not known, and may not speak. */
const MAX_MEMBERS = 10_000;

/**
 * Who may speak as whom. A nick is no identity: anybody takes it when it is free. What a server vouches for is that the messages of
 * one connection have one source (`nick!user@host`), as long as the bot sees whether that goes: so a person shows their token in a
 * private message while in the channel, and stays themselves until they leave it, quit, or take another nick, or the bot's own
 * connection ends. Spellings are compared exactly: servers differ in which letters they take for the same.
 */
export class Speakers {
  /** SHA-256 of each user's token, in hex. */
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #channel: string;
  readonly #nowMs: () => number;
  readonly #members = new Set<string>();
  readonly #speakers = new Map<string, Speaker>();

  constructor(options: { tokens: ReadonlyMap<string, string>; channel: string; nowMs: () => number }) {
    this.#tokens = options.tokens;
    this.#channel = options.channel;
    this.#nowMs = options.nowMs;
  }

  /** The user that a source speaks as. */
  userOf(source: string): string | undefined {
    const speaker = this.#speakers.get(source);
    return speaker !== undefined && this.#nowMs() < speaker.untilMs ? speaker.user : undefined;
  }

  /** Why a token is not taken, or the user that it is of. */
  login(source: string, token: string): { readonly user: string } | "elsewhere" | "unknown" {
    if (!this.#members.has(nickOf(source))) return "elsewhere";
    const user = this.tokenOf(token);
    if (user === undefined) return "unknown";
    this.#speakers.set(source, { user, untilMs: this.#nowMs() + SPEAKS_FOR_MS });
    return { user };
  }

  /** Whose token this is. They have 128 random bits: a digest of one reveals nothing of it, and a comparison nothing of another. */
  tokenOf(token: string): string | undefined {
    return this.#tokens.get(createHash("sha256").update(token).digest("hex"));
  }

  logout(source: string): void {
    this.#speakers.delete(source);
  }

  /** Nobody who has shown this user's token may speak any more. */
  logoutUser(user: string): void {
    for (const [source, speaker] of this.#speakers) if (speaker.user === user) this.#speakers.delete(source);
  }

  /** After the connection is lost: a nick may belong to somebody else when the bot is back. */
  forgetAll(): void {
    this.#members.clear();
    this.#speakers.clear();
  }

  /** Sees who comes to the channel and who goes. */
  see({ source, command, params }: IrcMessage): void {
    const nick = nickOf(source);
    const [first = "", second = "", third = "", names = ""] = params;
    const isHere = this.#isChannel(first);
    if (command === "JOIN" && isHere) this.#enter(nick);
    if (command === "353" && this.#isChannel(third))
      for (const name of names.split(" ")) this.#enter(name.replace(/^[~&@%+!]+/, ""));
    if ((command === "PART" && isHere) || command === "QUIT") this.#leave(nick);
    if (command === "KICK" && isHere) this.#leave(second);
    // Its answers to `login` would go to another name: it is simpler, and no harder, to show the token again.
    if (command === "NICK") {
      this.#leave(nick);
      this.#enter(first);
    }
  }

  #isChannel(name: string): boolean {
    return name.toLowerCase() === this.#channel.toLowerCase();
  }

  #enter(nick: string): void {
    if (nick !== "" && this.#members.size < MAX_MEMBERS) this.#members.add(nick);
  }

  #leave(nick: string): void {
    this.#members.delete(nick);
    for (const source of this.#speakers.keys()) if (nickOf(source) === nick) this.#speakers.delete(source);
  }
}

export function nickOf(source: string): string {
  return source.split("!", 1)[0] ?? "";
}
