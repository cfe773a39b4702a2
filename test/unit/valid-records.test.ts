import { expect, test } from "vitest";
import { LastMerge, ValidRecords } from "../../src/store/execution/valid-records.ts";

const BEGIN = '{"t":"begin","cmd":"{\\"t\\":\\"merged\\"}"}\n';
const VOID = '{"t":"run","n":1}\n{"t":"stretch","n":5}\n{"t":"merged","n":9}\n{"t":"mark","n":7}\n';
const DISCARD = '{"t":"discard","why":"é"}\n';
const SINCE = '{"t":"merged","n":12}\n{"t":"mark","n":20}\n{"t":"end"}\n';

function kept(sidecar: string, at: number): string {
  const bytes = Buffer.from(sidecar);
  const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
  const merge = new LastMerge();
  for (const piece of pieces) merge.take(piece);
  const valid = new ValidRecords(merge.at);
  for (const piece of pieces) valid.take(piece);
  return valid.text();
}

test.each([
  ["after two merges", `${BEGIN}${VOID}${DISCARD}${SINCE}`, `${BEGIN}{"t":"merged","n":9}\n${DISCARD}${SINCE}`],
  ["without a merge", `${BEGIN}${DISCARD}`, `${BEGIN}${DISCARD}`],
  ["whose last record is half written", `${BEGIN}${SINCE}{"t":"ma`, `${BEGIN}${SINCE}`],
])("the records of a sidecar %s are found at every split point", (_, sidecar, expected) => {
  for (let at = 0; at <= Buffer.byteLength(sidecar); at += 1) expect(kept(sidecar, at)).toBe(expected);
});
