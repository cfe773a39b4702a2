import { parseExecutionId } from "./ids.ts";
import { asRecord, type UnknownRecord } from "./record.ts";
import { parseRunId } from "./run-id.ts";
import type { StreamName } from "./stream-name.ts";
import { parseStream } from "./stream-name.ts";
import { isUnixName } from "./unix-name.ts";

/** The stream of the enclosing execution that a stream of this one is printed into. */
type Within = { readonly [stream in StreamName]?: StreamName };

/** How an execution came to be, as far as mlrun knows. Earlier versions of mlrun say none of it. */
export interface Launch {
  /**
   * The launch that this execution belongs to: a scheduler's id with its restart count, an enclosing mlrun's run or
   * id, a dispatched order's id, or `--run ID`. Without it the collector decides.
   */
  readonly run?: string;
  /** Id of the enclosing mlrun's execution, on the same node and of the same user. */
  readonly parent?: string;
  /**
   * Which of the parent's pipes this mlrun's own streams are (same device and inode), so that its lines come again in
   * the parent. Omitted if none is, or if this mlrun shows nothing (`--quiet`).
   */
  readonly within?: Within;
  /** The user's name on the node. Only a claim: the owner is found by the uid that the kernel names. */
  readonly user?: string;
}

/**
 * Reads the members of a BEGIN, or of a stored one, that say how it was launched. A malformed one is left out and
 * named: refusing the BEGIN for it would cost the execution's lines.
 */
export function parseLaunch(record: UnknownRecord): { readonly launch: Launch; readonly malformed: (keyof Launch)[] } {
  const known = {
    run: parseRunId(record["run"]),
    parent: parseExecutionId(record["parent"]),
    within: parseWithin(record["within"]),
    user: typeof record["user"] === "string" && isUnixName(record["user"]) ? record["user"] : undefined,
  };
  const names = ["run", "parent", "within", "user"] as const;
  const malformed = names.filter((name) => record[name] !== undefined && known[name] === undefined);
  const { run, parent, within, user } = known;
  return {
    launch: {
      ...(run === undefined ? {} : { run }),
      ...(parent === undefined ? {} : { parent }),
      ...(within === undefined ? {} : { within }),
      ...(user === undefined ? {} : { user }),
    },
    malformed,
  };
}

/** Undefined if it names no stream, or a wrong one. */
function parseWithin(value: unknown): Within | undefined {
  const record = asRecord(value);
  if (record === undefined) return undefined;
  const [stdout, stderr] = [parseStream(record["stdout"]), parseStream(record["stderr"])];
  if ((record["stdout"] ?? stdout) !== stdout || (record["stderr"] ?? stderr) !== stderr) return undefined;
  if (stdout === undefined && stderr === undefined) return undefined;
  return { ...(stdout === undefined ? {} : { stdout }), ...(stderr === undefined ? {} : { stderr }) };
}
