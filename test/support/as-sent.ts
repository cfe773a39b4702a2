/** What mlrun would have sent for the relay to make this LINES envelope of it. */
export function frameOf(envelope: string): string {
  return envelope.replace("<134>1", "<14>1").replace("+00:00", "Z").replace("mlrun -", "mlrun 7");
}

/** What the gate would have sent to begin.sock for a BEGIN with this text: its senders' numbers stand in the header. */
export function gateBegin(text: string, { uid, gid, pid }: { uid: number; gid: number; pid: number }): string {
  return `<134>1 - - ${uid} ${pid} ${gid} - ${text}`;
}
