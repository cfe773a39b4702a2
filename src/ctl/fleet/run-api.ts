import { setTimeout as pause } from "node:timers/promises";
import { parseRunView, type RunView } from "../../wire/fleet/run-view.ts";
import type { SignedOrder } from "../../wire/fleet/signed-order.ts";
import { parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";
import { type Collector, linesOf } from "../remote/collector.ts";

const MAX_ATTEMPTS = 60;
const TRY_AGAIN_AFTER_MS = 1_000;

export function sendRun(collector: Collector, signed: SignedOrder): Promise<RunView> {
  return collector.json({ method: "POST", path: "/runs", body: signed }, parseRunView);
}

export function sendCancel(collector: Collector, run: string, signed: SignedOrder): Promise<RunView> {
  return collector.json({ method: "DELETE", path: `/runs/${run}`, body: signed }, parseRunView);
}

/** States of a run as they change, until it is done. A connection that is cut is made again. */
export async function* followRun(
  collector: Collector,
  { run, owner, signal }: { readonly run: string; readonly owner: string; readonly signal: AbortSignal },
): AsyncGenerator<RunView> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    try {
      const answer = await collector.send({ path: `/runs/${run}`, query: { follow: 1, owner }, signal });
      for await (const line of linesOf(answer)) {
        const view = parseRunView(parseJson(line));
        if (view === undefined) throw new CtlError(`${collector.url} answers what this mlctl does not understand`);
        attempt = 1;
        yield view;
        if (view.isDone) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CtlError) || attempt === MAX_ATTEMPTS) throw error;
    }
    await pause(TRY_AGAIN_AFTER_MS);
  }
}
