import { type Answer, parseAnswer } from "../../wire/fleet/answer.ts";
import type { AskedNode } from "../../wire/fleet/asked-node.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { type AskedNodes, askPresent } from "../ask-present.ts";
import { OpenAsks } from "../open-asks.ts";
import type { Nodes } from "../outbox/ports.ts";
import type { SendAsk } from "../send-ask.ts";
import { SaidNews } from "./said-news.ts";

interface QuestionsOptions {
  readonly nodes: Pick<Nodes, "isPresent" | "isDuplicate">;
  readonly send: SendAsk;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Called for an answer that nobody waits for, is malformed, or exceeds the limit. */
  readonly onDiscarded: () => void;
}

interface HowToAsk {
  readonly signed: SignedOrder;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Called with nodes' messages, `started` included: once for all of a turn of the event loop. */
  readonly onSaid?: ((said: readonly AskedNode[]) => void) | undefined;
}

/** Each holds an answer of every node. */
const MAX_OPEN = 16;
/** Limit of one user, to leave places for others. */
const MAX_OPEN_OF_USER = 4;
/** All answers to one question, which one page or `mlctl ask` reads. Most providers need a few hundred for a node. */
const MAX_CHARACTERS = 8_388_608;

interface Asked extends AskedNodes<AskedNode> {
  readonly news: SaidNews;
  characters: number;
}

/** Sends questions to nodes and waits for exactly those that are present. Stores nothing. */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #asked = new OpenAsks<Asked>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Resolves with the outcome on each node, early with the signal. Undefined if too many questions are open. */
  async ask(
    order: OrderOf<"ask">,
    { signed, withinMs, signal, onSaid }: HowToAsk,
  ): Promise<readonly AskedNode[] | undefined> {
    if (!this.#asked.hasPlaceFor(order)) return undefined;
    const news = new SaidNews(onSaid);
    const saidBy = await askPresent<AskedNode>(order, {
      ...{ ...this.#options, signed, withinMs, signal },
      open: (asked) => this.#asked.open(order, { ...asked, news, characters: 0 }),
    });
    this.#asked.close(order);
    news.flush();
    return order.nodes.map((node) => {
      const said = saidBy(node);
      return typeof said === "string" ? { node, answer: said, why: "", text: "", rows: [] } : said;
    });
  }

  /** Takes a node's message about the question with this id. */
  take(node: string, run: string, text: string): void {
    const answer = parseAnswer(text);
    const asked = answer === undefined ? undefined : this.#asked.get({ user: answer.user, run });
    if (answer === undefined || asked?.digest !== answer.digest || !asked.missing.has(node)) {
      this.#options.onDiscarded();
      return;
    }
    if (answer.state === "start") {
      // A repeated `start` is no news.
      if (!asked.answers.has(node)) note(asked, { node, answer: "started", why: "", text: "", rows: [] });
      return;
    }
    asked.characters += text.length;
    const hasRoom = asked.characters <= MAX_CHARACTERS;
    if (!hasRoom) this.#options.onDiscarded();
    end(asked, hasRoom ? said(node, answer, answer.state) : { node, ...NO_ROOM });
  }

  /** Whether a report is a node's refusal of an open question. */
  refused(node: string, event: FleetEventOf<"state">): boolean {
    const asked = this.#asked.get(event);
    if (asked === undefined || !asked.missing.has(node)) return false;
    // A refusal for the key or the form of an order names no digest.
    if (event.digest !== "" && event.digest !== asked.digest) return false;
    const { state, why, text } = event;
    end(asked, { node, answer: state === "waiting" ? state : "refused", why, text, rows: [] });
    return true;
  }
}

const NO_ROOM = {
  answer: "failed",
  why: "too-much",
  text: "All answers together are longer than the limit: ask fewer nodes",
  rows: [],
} as const;

function said(node: string, { why, text, rows }: Answer, answer: Exclude<Answer["state"], "start">): AskedNode {
  return { node, answer, why, text, rows };
}

function note({ answers, news }: Asked, answer: AskedNode): void {
  answers.set(answer.node, answer);
  news.add(answer);
}

function end(asked: Asked, answer: AskedNode): void {
  note(asked, answer);
  asked.missing.delete(answer.node);
  if (asked.missing.size === 0) asked.done();
}
