import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { ParsedOptions } from "../described-command.ts";
import type { RunRequest } from "./run-request.ts";

type Batches = Pick<RunRequest, "batch" | "pausesOnFailure">;

/** Nodes at a time. */
export interface Batching {
  readonly size: number;
  readonly pausesOnFailure: boolean;
}

/** What the command line says of batches; undefined: nothing. */
export function givenBatches(options: ParsedOptions): Batches | undefined {
  const pausesOnFailure = options.has("pause-on-failure");
  if (options.text("batch") === undefined) {
    if (pausesOnFailure) throw new UsageError("--pause-on-failure needs --batch N");
    return undefined;
  }
  return { batch: options.count("batch", { least: 1, most: FLEET_LIMITS.maxNodes, fallback: 1 }), pausesOnFailure };
}

/** Undefined: to all nodes at once. */
export function batchingOf({ batch, pausesOnFailure }: Batches): Batching | undefined {
  return batch === 0 ? undefined : { size: batch, pausesOnFailure };
}
