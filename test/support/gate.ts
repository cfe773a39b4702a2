import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { poll } from "./poll.ts";
import { type RunningProcess, start } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { isBound } from "./rsyslogd.ts";

export const MLGATE = join(ROOT, "dist/src/bin/mlgate");

/** A node's sockets: the gate's, for everybody, and those of the relay behind it. */
export interface NodeSockets {
  readonly listen: string;
  readonly lines: string;
  readonly begin: string;
}

/** Running gates, by the socket on which they listen. */
const running = new Map<string, RunningProcess>();

/** The sockets of a node, in folders that are created if missing. */
export async function nodeSockets(runDir: string, relayDir: string): Promise<NodeSockets> {
  const [lines, begin] = [join(relayDir, "lines.sock"), join(relayDir, "begin.sock")];
  const sockets = { listen: join(runDir, "mlrun.sock"), lines, begin };
  for (const path of [runDir, relayDir]) await mkdir(path, { recursive: true });
  return sockets;
}

/**
 * A node's gate: the running one, as when the relay behind it is started again, or a new one, with more arguments if
 * any are given.
 */
export async function startGate(sockets: NodeSockets, more: readonly string[] = []): Promise<RunningProcess> {
  const { listen, lines, begin } = sockets;
  const before = running.get(listen);
  if (before !== undefined) return before;
  await mkdir(dirname(listen), { recursive: true });
  const gate = start(MLGATE, ["--listen", listen, "--lines", lines, "--begin", begin, ...more]);
  running.set(listen, gate);
  void gate.ended.then(() => running.delete(listen));
  let exit: unknown;
  void gate.ended.then((known) => {
    exit = known;
  });
  await poll(`the gate's socket ${listen}`, () => {
    if (exit !== undefined) throw new Error(`The gate ended before it was ready:\n${gate.output()}`);
    return isBound(listen, gate.pid);
  });
  return gate;
}
