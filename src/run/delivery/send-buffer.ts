import { readFileSync } from "node:fs";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { RUN_LIMITS } from "../limits.ts";

/** Default send buffer of a socket (socket(7)). */
const SETTING = "/proc/sys/net/core/wmem_default";
/** The kernel takes one more piece while the buffer is not full (unix_stream_sendmsg): at most 64 KiB. */
const OVERSHOOT_BYTES = 65_536;

/** Size of a unix socket's send buffer. If the kernel does not reveal it, the largest that mlrun plans for. */
export function sendBufferBytes(path = SETTING): number {
  try {
    const bytes = Number(readFileSync(path, "latin1"));
    return bytes > 0 ? Math.min(bytes, RUN_LIMITS.maxSendBufferBytes) : RUN_LIMITS.maxSendBufferBytes;
  } catch {
    // Older kernels hide the setting in network namespaces.
    return RUN_LIMITS.maxSendBufferBytes;
  }
}

/**
 * Number of sent blocks to keep: as much as can be on its way to the journal when relay and gate are killed. Frames are
 * held by two sockets (mlrun to gate, gate to relay) and both processes.
 */
export function sentBlocks(bufferBytes: number): number {
  const onTheWay = 2 * (bufferBytes + OVERSHOOT_BYTES) + RUN_LIMITS.gateAndRelayBytes;
  // A block is full when the longest frame no longer fits.
  return Math.ceil(onTheWay / (RUN_LIMITS.blockBytes - WIRE_LIMITS.maxFrameBytes));
}
