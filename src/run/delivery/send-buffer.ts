import { readFileSync } from "node:fs";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { RUN_LIMITS } from "../limits.ts";

/** What a unix socket's sender may have in the kernel, unless it asks for something else (socket(7)). */
const SETTING = "/proc/sys/net/core/wmem_default";
/** The kernel takes one more piece while the buffer is not full (unix_stream_sendmsg): 64 KiB at most. */
const OVERSHOOT_BYTES = 65_536;

/** Bytes that the kernel keeps of one sender; the most that is reckoned with where the kernel does not say. */
export function sendBufferBytes(path = SETTING): number {
  try {
    const bytes = Number(readFileSync(path, "latin1"));
    return bytes > 0 ? Math.min(bytes, RUN_LIMITS.maxSendBufferBytes) : RUN_LIMITS.maxSendBufferBytes;
  } catch {
    // Older kernels hide it in network namespaces.
    return RUN_LIMITS.maxSendBufferBytes;
  }
}

/**
 * Blocks of frames that have to be kept after they were sent: as much as can be on its way to the journal when relay
 * and gate are killed. That is what stands in two sockets (mlrun to gate, gate to relay) and in both processes.
 */
export function sentBlocks(bufferBytes: number): number {
  const onTheWay = 2 * (bufferBytes + OVERSHOOT_BYTES) + RUN_LIMITS.gateAndRelayBytes;
  // A block ends where the longest frame has no room any more.
  return Math.ceil(onTheWay / (RUN_LIMITS.blockBytes - WIRE_LIMITS.maxFrameBytes));
}
