import { parseUsage, parseUsageLimits, type Usage, type UsageLimits } from "../../../src/wire/keeping.ts";
import { asRecord } from "../../../src/wire/record.ts";
import { parseSessionList, type SessionSummary } from "../../../src/wire/session-summary.ts";
import {
  type NewToken,
  parseNewToken,
  parseTokenList,
  type TokenRequest,
  type TokenSummary,
} from "../../../src/wire/token.ts";
import { type Answer, type JsonClient, queryOf } from "../api/json-client.ts";

interface UsageAnswer {
  readonly usage: readonly Usage[];
  readonly limits: UsageLimits | undefined;
}

/** The collector's API for the user's own account. */
export class AccountClient {
  readonly #api: JsonClient;

  constructor(api: JsonClient) {
    this.#api = api;
  }

  sessions(): Promise<Answer<readonly SessionSummary[]>> {
    return this.#api.ask("api/sessions", { parse: parseSessionList });
  }

  endSession(id: string): Promise<Answer<true>> {
    return this.#api.ask(`api/sessions/${id}`, { parse: () => true, method: "DELETE" });
  }

  tokens(): Promise<Answer<readonly TokenSummary[]>> {
    return this.#api.ask("api/tokens", { parse: parseTokenList });
  }

  makeToken(body: TokenRequest): Promise<Answer<NewToken>> {
    return this.#api.ask("api/tokens", { parse: parseNewToken, body });
  }

  endToken(id: string): Promise<Answer<true>> {
    return this.#api.ask(`api/tokens/${id}`, { parse: () => true, method: "DELETE" });
  }

  usage(by: "user" | "job" | "day", owner: string): Promise<Answer<UsageAnswer>> {
    return this.#api.ask(`api/usage${queryOf({ by, owner })}`, {
      parse: (value) => {
        const { usage, limits } = asRecord(value) ?? {};
        if (!Array.isArray(usage)) return undefined;
        return { usage: usage.flatMap((each: unknown) => parseUsage(each) ?? []), limits: parseUsageLimits(limits) };
      },
    });
  }
}
