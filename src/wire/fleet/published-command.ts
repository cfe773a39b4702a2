import { parseExecutionId } from "../ids.ts";
import { isNodeName } from "../node-name.ts";
import { asCount, asRecord } from "../record.ts";
import { isUnixName } from "../unix-name.ts";

/** A running command that has published a name. */
export interface PublishedCommand {
  readonly node: string;
  readonly owner: string;
  readonly run: string;
  /** Its execution. */
  readonly x: string;
  /** By the node's clock. */
  readonly sinceMs: number;
}

/** Skips malformed commands. */
export function parsePublishedCommands(value: unknown): readonly PublishedCommand[] {
  return Array.isArray(value) ? value.flatMap((each: unknown) => parse(each) ?? []) : [];
}

function parse(value: unknown): PublishedCommand | undefined {
  const { node, owner, run, x, sinceMs } = asRecord(value) ?? {};
  const [runId, execution, since] = [parseExecutionId(run), parseExecutionId(x), asCount(sinceMs)];
  if (typeof node !== "string" || !isNodeName(node) || typeof owner !== "string" || !isUnixName(owner))
    return undefined;
  if (runId === undefined || execution === undefined || since === undefined) return undefined;
  return { node, owner, run: runId, x: execution, sinceMs: since };
}
