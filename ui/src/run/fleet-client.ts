import { type DryRunOnNode, parseDryRun } from "../../../src/wire/fleet/dry-run.ts";
import { type FleetView, parseFleetView } from "../../../src/wire/fleet/node-view.ts";
import { encodeParts } from "../../../src/wire/fleet/order-parts.ts";
import { parseRunView, type RunView } from "../../../src/wire/fleet/run-view.ts";
import type { SignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import { asRecord } from "../../../src/wire/record.ts";
import { type Answer, type JsonClient, queryOf } from "../api/json-client.ts";

/** The collector's API for the fleet: nodes, orders, and their outcomes. */
export class FleetClient {
  readonly #api: JsonClient;

  constructor(api: JsonClient) {
    this.#api = api;
  }

  /** Refused if the collector has no fleet. */
  view(): Promise<Answer<FleetView>> {
    return this.#api.ask("api/fleet", { parse: parseFleetView });
  }

  /** Null if no such run was ordered. */
  run({ run, owner }: { readonly run: string; readonly owner: string }): Promise<Answer<RunView | null>> {
    const parse = (value: unknown) => {
      const runs = parseRunViews(value);
      return runs === undefined ? undefined : (runs[0] ?? null);
    };
    return this.#api.ask(`api/orders${queryOf({ run, owner })}`, { parse });
  }

  /** Orders sent to nodes, newest first. */
  orders(limit: number): Promise<Answer<readonly RunView[]>> {
    return this.#api.ask(`api/orders${queryOf({ limit })}`, { parse: parseRunViews });
  }

  sign(body: { readonly ticket: string; readonly order: string }): Promise<Answer<{ readonly sig: string }>> {
    const parse = (value: unknown) => {
      const sig = asRecord(value)?.["sig"];
      return typeof sig === "string" ? { sig } : undefined;
    };
    return this.#api.ask("api/sign", { parse, body });
  }

  /** @param signed The parts of its order. @param batch Nodes at a time; 0: all at once. */
  sendRun(
    signed: readonly SignedOrder[],
    { batch, pausesOnFailure }: { readonly batch: number; readonly pausesOnFailure: boolean },
  ): Promise<Answer<RunView>> {
    const query = batch === 0 ? "" : queryOf({ batch, pause: pausesOnFailure ? 1 : undefined });
    return this.#api.ask(`api/runs${query}`, { parse: parseRunView, body: encodeParts(signed) });
  }

  /** Lets a paused run continue with its next nodes. */
  continueRun(run: string): Promise<Answer<RunView>> {
    return this.#api.ask(`api/runs/${run}/continue`, { parse: parseRunView, body: {} });
  }

  /** Asks the nodes whether they would accept the order. @param signed The parts of the order. */
  async dryRun(signed: readonly SignedOrder[]): Promise<Answer<readonly DryRunOnNode[]>> {
    const nodes: DryRunOnNode[] = [];
    for (const body of signed) {
      const answer = await this.#api.ask("api/dry-runs", { parse: parseDryRun, body });
      if (!answer.ok) return answer;
      nodes.push(...answer.value);
    }
    return { ok: true, value: nodes };
  }

  /** @param signed The parts of the order to cancel it. */
  stopRun(run: string, signed: readonly SignedOrder[]): Promise<Answer<RunView>> {
    return this.#api.ask(`api/runs/${run}`, { parse: parseRunView, body: encodeParts(signed), method: "DELETE" });
  }

  /** States of a user's runs, now and whenever they change, to their ends. Resolves when there is no more, or the connection is cut. */
  followRuns(
    { runs, owner }: { readonly runs: readonly string[]; readonly owner: string },
    { onView, signal }: { readonly onView: (view: RunView) => void; readonly signal: AbortSignal },
  ): Promise<Answer<true>> {
    const path = `api/orders${queryOf({ owner, follow: runs.join(",") })}`;
    return this.#api.follow(path, { load: async () => parseRunView, onValue: onView, signal });
  }
}

function parseRunViews(value: unknown): readonly RunView[] | undefined {
  const { runs } = asRecord(value) ?? {};
  return Array.isArray(runs) ? runs.flatMap((each: unknown) => parseRunView(each) ?? []) : undefined;
}
