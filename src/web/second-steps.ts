import { randomBytes } from "node:crypto";
import { addressGroup } from "../host/address-group.ts";
import type { LoginStep } from "./ports.ts";

/** A login that waits for PAM's further answer besides the password. */
interface SecondStep {
  readonly step: LoginStep;
  readonly user: string;
  readonly address: string;
}

interface SecondStepsOptions {
  /** Runs `act` after a delay; returns a function that cancels it. */
  readonly after?: (ms: number, act: () => void) => () => void;
}

/** Each holds a process with PAM in it. */
const MAX_STEPS = 32;
const MAX_STEPS_PER_ADDRESS = 4;
/** Time to find a telephone and read a code; PAM's process is killed soon after. */
const ANSWER_WITHIN_MS = 55_000;
const TOKEN_BYTES = 16;

/** Logins between their first and their second step, by a token that only the browser has. */
export class SecondSteps {
  readonly #after: (ms: number, act: () => void) => () => void;
  readonly #steps = new Map<string, SecondStep & { readonly forget: () => void }>();

  constructor(options: SecondStepsOptions = {}) {
    this.#after = options.after ?? afterTimeout;
  }

  /** Adds a waiting login. Returns its token, or undefined if too many wait; then the step is cancelled. */
  add(waiting: SecondStep): string | undefined {
    const group = addressGroup(waiting.address);
    const ofGroup = [...this.#steps.values()].filter(({ address }) => addressGroup(address) === group);
    if (this.#steps.size >= MAX_STEPS || ofGroup.length >= MAX_STEPS_PER_ADDRESS) {
      waiting.step.cancel();
      return undefined;
    }
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    const forget = this.#after(ANSWER_WITHIN_MS, () => this.take(token, waiting.address)?.step.cancel());
    this.#steps.set(token, { ...waiting, forget });
    return token;
  }

  /** Finds a waiting login, only from the address that started it. */
  find(token: string, address: string): SecondStep | undefined {
    const found = this.#steps.get(token);
    return found?.address === address ? found : undefined;
  }

  /** Like `find`, but removes it. */
  take(token: string, address: string): SecondStep | undefined {
    const found = this.find(token, address);
    if (found === undefined) return undefined;
    this.#steps.get(token)?.forget();
    this.#steps.delete(token);
    return found;
  }

  close(): void {
    for (const { step, forget } of this.#steps.values()) {
      forget();
      step.cancel();
    }
    this.#steps.clear();
  }
}

function afterTimeout(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
