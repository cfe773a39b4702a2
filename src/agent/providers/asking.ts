import { type Answer, parseAnswer } from "../../wire/fleet/answer.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Providers } from "./providers.ts";

interface AskingOptions {
  /** Sends an answer, which may be lost: the asker has a timeout. */
  readonly say: (run: string, text: string) => void;
  /** Undefined: the node has no such provider. */
  readonly find: Providers["find"];
}

/** Answers verified questions. Stores nothing. */
export class Asking {
  readonly #options: AskingOptions;
  /** Questions being answered. */
  #open = 0;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Resolves after the node's last message. */
  async answer(
    order: OrderOf<"ask">,
    { digest, uid }: { readonly digest: string; readonly uid: number },
  ): Promise<void> {
    const { run, user } = order;
    for await (const { state, why = "", text = "", rows = [] } of this.#answers(order, uid)) {
      const answer = JSON.stringify({ v: 1, user, digest, state, why, text, rows } satisfies Answer);
      const fits = parseAnswer(answer) !== undefined;
      this.#options.say(run, fits ? answer : JSON.stringify({ v: 1, user, digest, ...TOO_LONG } satisfies Answer));
    }
  }

  async *#answers({ provider: name, args, user }: OrderOf<"ask">, uid: number): AsyncGenerator<Said> {
    const look = this.#options.find(name);
    if (look === undefined)
      return yield {
        state: "noop",
        why: "no-provider",
        text: "It has no such provider: `mlctl ask providers` lists them",
      };
    if (this.#open >= AGENT_LIMITS.openQuestions)
      return yield { state: "failed", why: "busy", text: "It has too many questions at the moment: ask again" };
    yield { state: "start" };
    this.#open += 1;
    try {
      const found = await look({ user, uid, args });
      if ("rows" in found) yield { state: "complete", ...found };
      else yield { state: found.why === "not-there" ? "noop" : "failed", ...found };
    } catch (error) {
      yield { state: "failed", why: "unreadable", text: String(error).slice(0, FLEET_LIMITS.maxTextCharacters) };
    } finally {
      this.#open -= 1;
    }
  }
}

type Said = Pick<Answer, "state"> & Partial<Answer>;

const TOO_LONG = { state: "failed", why: "too-long", text: "The answer is longer than the limit", rows: [] } as const;
