/** What mlrun would have sent to lines.sock for the relay to make this LINES envelope of it. */
export function frameOf(envelope: string): string {
  return envelope.replace("<134>1", "<14>1").replace("+00:00", "Z").replace("mlrun -", "mlrun 7");
}

/** What mlrun would have sent to begin.sock for this BEGIN envelope: who sent it is for the kernel to say. */
export function beginOf(envelope: string): string {
  const json = envelope.slice(envelope.indexOf("{"));
  return `<13>1 2026-11-20T04:17:44.960662Z h mlrun 7 BEGIN - ${json}`;
}
