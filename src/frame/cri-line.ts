import { isUtf8 } from "node:buffer";
import type { Line } from "../wire/api.ts";
import { CRI, parseCriLine } from "../wire/cri.ts";

/** The line with number `n`, from its CRI bytes without their LF: in base64 if it is not UTF-8. Undefined if they are damaged. */
export function lineOfCri(bytes: Buffer, n: number): Line | undefined {
  if (isUtf8(bytes)) return parseCriLine(bytes.toString("utf8"), n);
  const line = parseCriLine(bytes.toString("latin1"), n);
  if (line === undefined) return undefined;
  const { time, stream, fragment } = line;
  return { n, time, stream, b64: bytes.subarray(CRI.prefixCharacters).toString("base64"), fragment };
}
