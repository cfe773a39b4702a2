import type { DryRunOnNode } from "../../wire/fleet/dry-run.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { type AskedNodes, askPresent } from "../ask-present.ts";
import { OpenAsks } from "../open-asks.ts";
import type { Nodes } from "../outbox/ports.ts";
import type { SendAsk } from "../send-ask.ts";

interface DryRunsOptions {
  readonly nodes: Pick<Nodes, "isPresent" | "isDuplicate">;
  readonly send: SendAsk;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
}

/**
 * A node asks its user directory, for 5 s at most, and looks at the folder, under systemd for 10 s at most. A slower one is
 * `silent`.
 */
const ANSWER_WITHIN_MS = 16_000;
/** Each holds an answer of every node. */
const MAX_OPEN = 64;
/** Limit of one user, to leave places for others. */
const MAX_OPEN_OF_USER = 16;

interface Asked extends AskedNodes<DryRunOnNode> {
  readonly named: ReadonlySet<string>;
}

/** Asks nodes whether they would obey an order. Stores nothing: the client waits for the answers. */
export class DryRuns {
  readonly #options: DryRunsOptions;
  readonly #asked = new OpenAsks<Asked>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: DryRunsOptions) {
    this.#options = options;
  }

  /** Resolves with an answer for each node of the order, early with the signal. Undefined if too many dry runs are open. */
  async ask(
    order: OrderOf<"check">,
    { signed, signal }: { readonly signed: SignedOrder; readonly signal: AbortSignal },
  ): Promise<readonly DryRunOnNode[] | undefined> {
    if (!this.#asked.hasPlaceFor(order)) return undefined;
    const saidBy = await askPresent<DryRunOnNode>(order, {
      ...{ ...this.#options, signed, withinMs: ANSWER_WITHIN_MS, signal },
      open: (asked) => this.#asked.open(order, { ...asked, named: new Set(order.nodes) }),
    });
    this.#asked.close(order);
    return order.nodes.map((node) => {
      const said = saidBy(node);
      return typeof said === "string" ? { node, answer: said, why: "", text: "" } : said;
    });
  }

  /** Whether a report is the answer to an open dry run. */
  take(node: string, event: FleetEventOf<"state">): boolean {
    const asked = this.#asked.get(event);
    if (asked === undefined || !asked.named.has(node)) return false;
    // A refusal for the key or the form of an order names no digest.
    if (event.digest !== "" && event.digest !== asked.digest) return false;
    const { state, why, text } = event;
    const answer = state === "accepted" ? "would" : state === "waiting" || state === "failed" ? state : "refused";
    asked.answers.set(node, { node, answer, why, text });
    asked.missing.delete(node);
    if (asked.missing.size === 0) asked.done();
    return true;
  }
}
