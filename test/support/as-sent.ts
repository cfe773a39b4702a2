/** The frame from mlrun that the relay would turn into this LINES envelope. */
export function frameOf(envelope: string): string {
  return envelope.replace("<134>1", "<14>1").replace("+00:00", "Z").replace("mlrun -", "mlrun 7");
}

/** The gate's message to begin.sock for a BEGIN with this text; the header has the sender's numbers. */
export function gateBegin(text: string, { uid, gid, pid }: { uid: number; gid: number; pid: number }): string {
  return `<134>1 - - ${uid} ${pid} ${gid} - ${text}`;
}
