import type { FrameEncoder } from "../../frame/encode.ts";
import type { Exit } from "../../wire/end.ts";
import { processTree } from "../command/processes.ts";
import { RUN_LIMITS } from "../limits.ts";
import type { Timers } from "../timers.ts";
import { BufferingGuess } from "./buffering.ts";
import type { Delivery } from "./delivery.ts";

interface BeatPorts {
  readonly encoder: FrameEncoder;
  readonly delivery: Delivery;
  readonly clock: { timestamp(): string; elapsedMs(): number; readonly after: Timers["after"] };
  readonly pid: number | undefined;
  /** Whether the command prints to a terminal: no program buffers its output there for long. */
  readonly hasTerminal: boolean;
  /** Milliseconds since the command last printed. */
  idleMs(): number;
  /** How the command ended. Undefined while it runs. */
  exit(): Exit | undefined;
}

export interface Beats {
  /** Sends an extra beat at once. */
  beat(): void;
  stop(): void;
}

/** Sends a BEAT every 10 s to show that the execution is alive. */
export function startBeats(ports: BeatPorts): Beats {
  const { encoder, delivery, clock } = ports;
  const guess = new BufferingGuess();
  let number = 0;
  const beat = () => {
    number += 1;
    const cpuMs = ports.pid === undefined ? 0 : cpuMsOf(ports.pid);
    const idleMs = Math.round(ports.idleMs());
    const mayBuffer = guess.mayBuffer({ atMs: clock.elapsedMs(), idleMs, cpuMs }) && !ports.hasTerminal;
    const block = delivery.reserve();
    // Without room, lines are waiting, which show that the execution is alive.
    if (block === undefined) return;
    encoder.setTime(clock.timestamp());
    const frame = encoder.encodeBeat({ number, idleMs, cpuMs, mayBuffer, exit: ports.exit() });
    block.end += frame.copy(block.bytes, block.end);
    delivery.flush();
  };
  let stop = () => {};
  const repeat = () => {
    stop = clock.after(RUN_LIMITS.beatEveryMs, () => {
      beat();
      repeat();
    });
  };
  repeat();
  return { beat, stop: () => stop() };
}

/** Processor time of the process and its descendants; 0 without /proc. */
function cpuMsOf(pid: number): number {
  try {
    return processTree(pid).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  } catch {
    return 0;
  }
}
