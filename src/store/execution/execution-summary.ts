import type { Delivery, Execution, ExecutionState } from "../../wire/api.ts";
import type { Exit } from "../../wire/end.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { commandName } from "../disk/log-path.ts";
import type { LineNumbers } from "../numbers/line-numbers.ts";
import type { Discards } from "./discards.ts";
import type { ExecutionLogs } from "./execution-logs.ts";
import type { EndSeen, Facts } from "./facts.ts";
import type { NodeClock } from "./node-clock.ts";

/** The data of a summary. */
interface Summarized {
  readonly facts: Facts;
  readonly run: string;
  readonly clock: NodeClock;
  readonly logs: Pick<ExecutionLogs, "printedBytes">;
  readonly have: LineNumbers;
  readonly discards: Discards;
  readonly endSeen: EndSeen | undefined;
  readonly exit: Exit | undefined;
  readonly state: ExecutionState;
  readonly delivery: Delivery;
  readonly lastN: number;
  readonly lines: number;
  readonly mayBuffer: boolean;
}

/** An execution as its owner sees it. */
export function summaryOf(execution: Summarized): Execution {
  const { facts, run, clock, logs, have, discards, state, delivery, lastN, lines, exit } = execution;
  const { x, node, owner, job, argv, labels, startedAt, parent, within, claimedUser } = facts;
  const end = execution.endSeen?.end;
  const missing = have.missing(1, lastN, WIRE_LIMITS.maxMissingRanges);
  const discarded = discards.within(missing, WIRE_LIMITS.maxMissingRanges);
  return {
    x,
    job,
    run,
    node,
    owner,
    command: commandName(argv),
    argv,
    labels,
    state,
    delivery,
    code: exit?.code ?? null,
    signal: exit?.signal ?? null,
    startedAt,
    endedAt: exit?.endedAt ?? null,
    lines,
    bytes: logs.printedBytes,
    lastN,
    missing,
    ...(discarded.length === 0 ? {} : { discarded }),
    ...(execution.mayBuffer && state === "running" ? { mayBuffer: true } : {}),
    thinned: end === undefined ? 0 : end.thinned.stdout + end.thinned.stderr,
    dropped: end === undefined ? 0 : end.dropped.stdout + end.dropped.stderr,
    ...(parent === undefined ? {} : { parent }),
    ...(within === undefined ? {} : { within }),
    ...(claimedUser === undefined ? {} : { claimedUser }),
    ...(clock.behindMs === undefined ? {} : { clockMs: clock.behindMs }),
    ...(exit?.timeoutMs === undefined ? {} : { timeoutMs: exit.timeoutMs }),
    ...(exit?.stoppedBy === undefined ? {} : { stoppedBy: exit.stoppedBy }),
  };
}
