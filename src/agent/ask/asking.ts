import { type Answer, parseAnswer } from "../../wire/fleet/answer.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { type Asked, PROVIDERS, type Provider } from "./providers.ts";

interface AskingOptions {
  /** Sends an answer. It may be lost: who asks does not wait for ever. */
  readonly say: (run: string, text: string) => void;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
}

/** Answers questions that are verified already. Keeps nothing. */
export class Asking {
  readonly #options: AskingOptions;
  /** Looks that have not ended, also those that nobody waits for any more. */
  #open = 0;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** Resolves when the node has said its last. */
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

  async *#answers({ provider: name, args }: OrderOf<"ask">, uid: number): AsyncGenerator<Said> {
    const provider = PROVIDERS.get(name);
    if (provider === undefined) return yield { state: "noop", why: "no-provider", text: "It has no such provider" };
    if (args.length > provider.maxArguments) {
      const takes = provider.maxArguments === 0 ? "no argument" : `at most ${provider.maxArguments} argument`;
      return yield { state: "failed", why: "arguments", text: `${name} takes ${takes}` };
    }
    if (this.#open >= AGENT_LIMITS.openQuestions)
      return yield { state: "failed", why: "busy", text: "It has too many questions at the moment: ask again" };
    yield { state: "start" };
    yield await this.#look(provider, { uid, args });
  }

  async #look(provider: Provider, asked: Omit<Asked, "signal">): Promise<Said> {
    const late = new AbortController();
    this.#open += 1;
    const read = provider.read({ ...asked, signal: late.signal }).finally(() => {
      this.#open -= 1;
    });
    const cancel = this.#options.after(() => late.abort(), AGENT_LIMITS.answerWithinMs);
    try {
      return { state: "complete", rows: await Promise.race([read, endOf(late.signal)]) };
    } catch (error) {
      if (late.signal.aborted) return { state: "failed", why: "slow", text: "It could not look in time" };
      return { state: "failed", why: "unreadable", text: String(error).slice(0, FLEET_LIMITS.maxTextCharacters) };
    } finally {
      cancel();
    }
  }
}

type Said = Pick<Answer, "state"> & Partial<Answer>;

const TOO_LONG = { state: "failed", why: "too-long", text: "The answer is longer than the limit", rows: [] } as const;

function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
