import { type Answer, parseAnswer } from "../../wire/fleet/answer.ts";
import type { AskedNode } from "../../wire/fleet/asked-node.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { type AskedNodes, askPresent } from "../ask-present.ts";
import { OpenAsks } from "../open-asks.ts";
import type { Nodes } from "../outbox/ports.ts";

interface QuestionsOptions {
  readonly nodes: Pick<Nodes, "isPresent" | "isDuplicate">;
  readonly send: (node: string, message: Uint8Array) => void;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** An answer that nobody waits for, that is not of its form, or that no longer fits in the limit. */
  readonly onDiscarded: () => void;
}

/** Each holds an answer of every node. */
const MAX_OPEN = 16;
/** Of one user, who leaves places for the others. */
const MAX_OPEN_OF_USER = 4;
/** Of one question: what one page or `mlctl ask` reads at a time. Most providers need a few hundred for a node. */
const MAX_CHARACTERS = 8_388_608;

interface Asked extends AskedNodes<AskedNode> {
  characters: number;
}

/** Asks nodes what they know. Waits for exactly those that are there, and nothing of it is stored. */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #asked = new OpenAsks<Asked>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** Resolves with what became of it on each node, early with the signal. Undefined: too many are asked at the moment. */
  async ask(
    order: OrderOf<"ask">,
    {
      signed,
      withinMs,
      signal,
    }: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<readonly AskedNode[] | undefined> {
    if (!this.#asked.hasPlaceFor(order)) return undefined;
    const saidBy = await askPresent<AskedNode>(order, {
      ...{ ...this.#options, signed, withinMs, signal },
      open: (asked) => this.#asked.open(order, { ...asked, characters: 0 }),
    });
    this.#asked.close(order);
    return order.nodes.map((node) => {
      const said = saidBy(node);
      return typeof said === "string" ? { node, answer: said, why: "", text: "", rows: [] } : said;
    });
  }

  /** What a node says to the question with this id. */
  take(node: string, run: string, text: string): void {
    const answer = parseAnswer(text);
    const asked = answer === undefined ? undefined : this.#asked.get({ user: answer.user, run });
    if (answer === undefined || asked?.digest !== answer.digest || !asked.missing.has(node)) {
      this.#options.onDiscarded();
      return;
    }
    if (answer.state === "start") {
      asked.answers.set(node, { node, answer: "started", why: "", text: "", rows: [] });
      return;
    }
    asked.characters += text.length;
    const hasRoom = asked.characters <= MAX_CHARACTERS;
    if (!hasRoom) this.#options.onDiscarded();
    end(asked, hasRoom ? said(node, answer, answer.state) : { node, ...NO_ROOM });
  }

  /** Whether a report is a node's refusal of such a question. */
  refused(node: string, event: FleetEventOf<"state">): boolean {
    const asked = this.#asked.get(event);
    if (asked === undefined || !asked.missing.has(node)) return false;
    // A refusal from before the order could be read names no digest.
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

function end({ answers, missing, done }: Asked, answer: AskedNode): void {
  answers.set(answer.node, answer);
  missing.delete(answer.node);
  if (missing.size === 0) done();
}
