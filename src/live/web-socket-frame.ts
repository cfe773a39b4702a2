/** Opcodes of RFC 6455, section 5.2. */
export const OPCODE = { text: 0x1, binary: 0x2 } as const;
const FIN = 0x80;

/**
 * Allocates one frame for a whole message, its payload to be written from `at` on; not masked, as it goes to a client
 * (RFC 6455, section 5.2). Messages for many viewers are built here, because ws would build and write two buffers for
 * each viewer.
 */
export function newFrame(opcode: number, payloadBytes: number): { frame: Buffer; at: number } {
  const at = headerBytes(payloadBytes);
  const frame = Buffer.allocUnsafe(at + payloadBytes);
  frame[0] = FIN | opcode;
  if (payloadBytes < 126) {
    frame[1] = payloadBytes;
  } else if (payloadBytes < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(payloadBytes, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(payloadBytes, 6);
  }
  return { frame, at };
}

function headerBytes(payloadBytes: number): number {
  if (payloadBytes < 126) return 2;
  return payloadBytes < 65_536 ? 4 : 10;
}
