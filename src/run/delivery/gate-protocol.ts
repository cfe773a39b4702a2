/**
 * The protocol between mlrun and the gate on mlrun.sock, one connection per execution:
 *
 *     mlrun  B <x> <k> <length of the JSON>\n<JSON of BEGIN>, octet-counted frames, half-close
 *     gate   K: BEGIN is in the relay's journal. T, after the half-close: the relay has taken over every frame.
 *
 * EOF without T proves nothing: the frames must be sent again.
 */
export const BEGIN_TAKEN = 0x4b;
export const ALL_TAKEN = 0x54;

/** The first bytes of a connection. */
export function greeting(execution: { readonly x: string; readonly k: string; readonly json: string }): Buffer {
  const { x, k, json } = execution;
  return Buffer.from(`B ${x} ${k} ${Buffer.byteLength(json)}\n${json}`);
}
