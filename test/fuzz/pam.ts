import assert from "node:assert/strict";
import { startSanitized } from "../support/sanitized.ts";
import type { FuzzTarget } from "./fuzz.ts";
import { mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

/** PAM_MAX_MSG_SIZE: octets of a message, with its NUL. */
const MAX_MESSAGE = 512;
const MAX_PROMPTS = 16;
const MAX_MESSAGES = 32;
const [ECHO_OFF, ECHO_ON, ERROR_MSG, TEXT_INFO] = [1, 2, 3, 4];
const SUCCESS = "00";
const CONV_ERR = "13";
const REQUEST = Buffer.from("login\0alice\x00192.0.2.1\0login\0right\x00123456\0");
const TOKENS = [511, 512, 513].map((length) => Buffer.alloc(length, "x"));

type Ask = Awaited<ReturnType<typeof startSanitized>>;
interface Message {
  readonly style: number;
  readonly text: Buffer;
}

/** mlpam, compiled with sanitizers: reads what the collector's side sends, and answers a module's prompts with it. */
const pam: FuzzTarget = {
  name: "pam",
  isSlow: true,
  begin: async () => {
    const ask = await startSanitized({
      program: "pam_parsers",
      folder: "src/auth/pam",
      sources: ["channel", "conversation"],
    });
    return (random) => (random.oneIn(2) ? checkMessages(ask, random) : checkConversation(ask, random));
  },
};

async function checkMessages(ask: Ask, random: Random): Promise<void> {
  const bytes = random.oneIn(6) ? REQUEST : mutate(random, REQUEST, TOKENS);
  const expected = messagesIn(bytes).map((message) => `${message.toString("hex")}00`);
  assert.equal(await ask("R", bytes), expected.join(""));
}

async function checkConversation(ask: Ask, random: Random): Promise<void> {
  const styles = [ECHO_OFF, ECHO_ON, ERROR_MSG, TEXT_INFO, ECHO_OFF, ECHO_ON, 5, 7] as const;
  const messages = Array.from({ length: random.below(random.oneIn(4) ? MAX_MESSAGES + 2 : 5) }, () => ({
    style: random.oneIn(9) ? random.pick(styles) : random.pick([ECHO_OFF, ECHO_ON, TEXT_INFO]),
    text: Buffer.from(random.bytes(random.oneIn(8) ? 700 : 40).filter((byte) => byte !== 0)),
  }));
  const replies = random.oneIn(3) ? mutate(random, REQUEST, TOKENS) : Buffer.concat(Array(4).fill(REQUEST));
  const parts = messages.flatMap(({ style, text }) => [Buffer.of(style), text, Buffer.of(0)]);
  const asked = await ask("C", Buffer.concat([Buffer.of(messages.length), ...parts, replies]));
  assert.equal(asked, conversationOf(messages, messagesIn(replies)));
}

/** Whole messages up to the first that is too long. */
function messagesIn(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf(0, at);
    if (end < 0 || end - at >= MAX_MESSAGE) return messages;
    messages.push(bytes.subarray(at, end));
    at = end + 1;
  }
}

/** What the fixture prints: the status, the replies, and what was sent to the other end. */
function conversationOf(messages: readonly Message[], replies: readonly Buffer[]): string {
  const [given, sent]: [string[], string[]] = [[], []];
  if (messages.length === 0 || messages.length > MAX_MESSAGES) return CONV_ERR;
  let prompts = 0;
  for (const { style, text } of messages) {
    const isPrompt = style === ECHO_OFF || style === ECHO_ON;
    if (!isPrompt && style !== ERROR_MSG && style !== TEXT_INFO) return [CONV_ERR, ...sent].join("");
    if (isPrompt) prompts += 1;
    if (prompts > MAX_PROMPTS) return [CONV_ERR, ...sent].join("");
    const kind = isPrompt ? (style === ECHO_OFF ? "P" : "E") : "I";
    sent.push(`${Buffer.concat([Buffer.from(kind), text.subarray(0, MAX_MESSAGE - 2)]).toString("hex")}00`);
    if (!isPrompt) {
      given.push("0100");
      continue;
    }
    const reply = replies[prompts - 1];
    if (reply === undefined) return [CONV_ERR, ...sent].join("");
    given.push(`${reply.toString("hex")}00`);
  }
  return [SUCCESS, ...given, ...sent].join("");
}

export const PAM_TARGETS: readonly FuzzTarget[] = [pam];
