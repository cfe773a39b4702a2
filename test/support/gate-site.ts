import { join } from "node:path";
import { type FakeRelaySocket, type FakeRelaySocketOptions, fakeRelaySocket } from "./fake-relay-socket.ts";
import { nodeSockets, startGate } from "./gate.ts";
import { poll } from "./poll.ts";
import type { RunningProcess } from "./processes.ts";
import { tempFolder } from "./temp-folder.ts";

/** A gate whose relay is played by the test. */
export interface GateSite {
  readonly process: RunningProcess;
  /** Where mlrun connects. */
  readonly socket: string;
  /** Sockets of the relay behind it. */
  readonly linesPath: string;
  readonly beginPath: string;
  /** Its counters now: `ml_gate_begins_total` or, with a label, `ml_gate_waits_total{for="turn"}`. */
  counter(name: string): Promise<number>;
}

interface GateSiteOptions {
  /** Folder of an earlier one, or of the relay. */
  readonly folder?: string;
  readonly arguments?: readonly string[];
}

/** Starts a gate and waits until it accepts. */
export async function startGateSite(options: GateSiteOptions = {}): Promise<GateSite> {
  const folder = options.folder ?? (await tempFolder());
  const sockets = await nodeSockets(folder, join(folder, "relay"));
  const process = await startGate(sockets, options.arguments);
  async function counter(name: string): Promise<number> {
    const before = process.output().length;
    process.signal("SIGUSR1");
    const found = await poll("the gate's counters", () => {
      const text = process.output().slice(before);
      return text.includes("ml_gate_held_bytes ") && text.endsWith("\n") ? text : undefined;
    });
    const line = found.split("\n").find((text) => text.startsWith(`${name} `));
    if (line === undefined) throw new Error(`The gate has no counter ${name}:\n${found}`);
    return Number(line.slice(name.length + 1));
  }
  return { process, socket: sockets.listen, linesPath: sockets.lines, beginPath: sockets.begin, counter };
}

export interface GateRelay {
  readonly lines: FakeRelaySocket;
  readonly begin: FakeRelaySocket;
}

/** The relay behind a gate, in this process: its two sockets. */
export async function startGateRelay(
  folder: string,
  options: { readonly lines?: FakeRelaySocketOptions; readonly begin?: FakeRelaySocketOptions } = {},
): Promise<GateRelay> {
  const lines = await fakeRelaySocket(join(folder, "relay/lines.sock"), options.lines);
  const begin = await fakeRelaySocket(join(folder, "relay/begin.sock"), options.begin);
  return { lines, begin };
}
