import { useState } from "preact/hooks";
import type { DryRunOnNode } from "../../../src/wire/fleet/dry-run.ts";
import type { FleetView } from "../../../src/wire/fleet/node-view.ts";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { SignedOrder } from "../../../src/wire/fleet/signed-order.ts";
import { ULID_RANDOM_BYTES } from "../../../src/wire/ids.ts";
import { run as t } from "../texts/en/run.ts";
import type { FleetClient } from "./fleet-client.ts";
import { cancelOrderTexts, runOrderTexts, type Work } from "./make-order.ts";
import { heldTicket } from "./ticket.ts";
import { workAgain } from "./work-again.ts";

interface RunOrders {
  /** Newest first. */
  readonly runs: readonly RunView[];
  /** Answers to the last dry run. */
  readonly answers: readonly DryRunOnNode[];
  /** Fetches the newest runs. */
  load(): void;
  /** Each action resolves with the problem, if any. */
  send(kind: "run" | "check", work: Work): Promise<string | undefined>;
  sendAgain(view: RunView, nodes: readonly string[]): Promise<string | undefined>;
  goOn(view: RunView): Promise<string | undefined>;
  stop(view: RunView): Promise<string | undefined>;
}

interface RunOrdersOptions {
  readonly client: FleetClient;
  /** Undefined: not yet known, so nothing can be ordered. */
  readonly fleet: FleetView | undefined;
  readonly user: string;
}

/** How many runs are shown. */
const SHOWN_RUNS = 10;

/** A user's orders to nodes: has them signed, sends them, and holds their outcomes. */
export function useRunOrders({ client, fleet, user }: RunOrdersOptions): RunOrders {
  const [runs, setRuns] = useState<readonly RunView[]>([]);
  const [answers, setAnswers] = useState<readonly DryRunOnNode[]>([]);

  const load = (): void =>
    void client.orders(SHOWN_RUNS).then((answer) => {
      if (answer.ok) setRuns(answer.value);
    });

  /** Has the parts of an order signed. Resolves with a text if that failed. */
  const sign = async (orders: readonly string[]): Promise<readonly SignedOrder[] | string> => {
    const ticket = heldTicket();
    if (ticket === undefined) return t.noTicket;
    const signed: SignedOrder[] = [];
    for (const order of orders) {
      const answer = await client.sign({ ticket, order });
      if (!answer.ok) return answer.message;
      signed.push({ order, ...answer.value });
    }
    return signed;
  };

  const send = async (kind: "run" | "check", work: Work): Promise<string | undefined> => {
    if (fleet === undefined) return undefined;
    setAnswers([]);
    const random = crypto.getRandomValues(new Uint8Array(ULID_RANDOM_BYTES));
    let orders: readonly string[];
    try {
      orders = runOrderTexts(kind, work, { fleet, user, nowMs: Date.now(), random });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const signed = await sign(orders);
    if (typeof signed === "string") return signed;
    return kind === "check" ? check(signed) : start(signed, work);
  };

  const check = async (signed: readonly SignedOrder[]): Promise<string | undefined> => {
    const answer = await client.dryRun(signed);
    if (answer.ok) setAnswers(answer.value);
    return answer.ok ? undefined : answer.message;
  };

  const start = async (signed: readonly SignedOrder[], work: Work): Promise<string | undefined> => {
    const answer = await client.sendRun(signed, work);
    if (answer.ok) setRuns([answer.value, ...runs].slice(0, SHOWN_RUNS));
    return answer.ok ? undefined : answer.message;
  };

  const sendAgain = async (view: RunView, nodes: readonly string[]): Promise<string | undefined> => {
    const work = workAgain(view, nodes);
    return work === undefined ? t.variablesGone(view.run) : send("run", work);
  };

  const goOn = async ({ run }: RunView): Promise<string | undefined> => {
    const answer = await client.continueRun(run);
    return answer.ok ? undefined : answer.message;
  };

  const stop = async (view: RunView): Promise<string | undefined> => {
    if (fleet === undefined) return undefined;
    const signed = await sign(cancelOrderTexts(view, { fleet, user, nowMs: Date.now() }));
    if (typeof signed === "string") return signed;
    const answer = await client.stopRun(view.run, signed);
    return answer.ok ? undefined : answer.message;
  };

  return { runs, answers, load, send, sendAgain, goOn, stop };
}
