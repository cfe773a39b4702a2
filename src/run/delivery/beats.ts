import type { FrameEncoder } from "../../frame/encode.ts";
import { readProcess } from "../command/processes.ts";
import { RUN_LIMITS } from "../limits.ts";
import type { Delivery } from "./delivery.ts";

export interface BeatPorts {
  readonly encoder: FrameEncoder;
  readonly delivery: Delivery;
  readonly clock: { timestamp(): string };
  readonly pid: number | undefined;
  /** Milliseconds since the command printed something. */
  idleMs(): number;
}

/** Sends a BEAT every 10 s: the execution lives. @returns Call it to stop. */
export function startBeats(ports: BeatPorts): () => void {
  const { encoder, delivery, clock } = ports;
  let number = 0;
  const timer = setInterval(() => {
    number += 1;
    const cpuMs = ports.pid === undefined ? 0 : (readProcess(ports.pid)?.cpuMs ?? 0);
    const block = delivery.reserve();
    // Without room, lines are waiting; they show that it lives.
    if (block === undefined) return;
    encoder.setTime(clock.timestamp());
    const frame = encoder.encodeBeat({ number, idleMs: Math.round(ports.idleMs()), cpuMs });
    block.end += frame.copy(block.bytes, block.end);
    delivery.flush();
  }, RUN_LIMITS.beatEveryMs);
  return () => clearInterval(timer);
}
