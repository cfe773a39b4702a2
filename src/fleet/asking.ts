import { after } from "../host/after.ts";
import type { Metrics } from "../host/metrics.ts";
import type { FleetEvent } from "../wire/fleet/event.ts";
import { Calls } from "./calls/calls.ts";
import { DryRuns } from "./dry-runs/dry-runs.ts";
import type { Nodes } from "./outbox/ports.ts";
import { Questions } from "./questions/questions.ts";
import { createSendAsk, type SendAskOptions } from "./send-ask.ts";

interface AskingOptions extends SendAskOptions {
  readonly nodes: Nodes;
  readonly metrics: Metrics;
}

/** Dry runs, questions and calls: asked of present nodes while a client waits, and never stored. */
export class Asking {
  readonly dryRuns: DryRuns;
  readonly questions: Questions;
  readonly calls: Calls;

  constructor({ nodes, admitted, link, metrics }: AskingOptions) {
    const send = createSendAsk({ nodes, admitted, link });
    const discarded = metrics.count(
      "ml_fleet_discarded_answers_total",
      "Answers of nodes that nobody waits for, or too long",
    );
    this.dryRuns = new DryRuns({ nodes, send, after });
    this.questions = new Questions({ nodes, send, after, onDiscarded: () => discarded.inc() });
    this.calls = new Calls({ nodes, after, onDiscarded: () => discarded.inc() });
  }

  /** Whether a report is an answer to one of them. */
  take(node: string, event: FleetEvent): boolean {
    // The outbox also needs the journal's sequence number in a result.
    if (this.calls.take(node, event)) return event.kind === "state";
    if (event.kind !== "state") return false;
    return this.dryRuns.take(node, event) || this.questions.refused(node, event);
  }
}
