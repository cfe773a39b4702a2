import { CRI, parseCriLine } from "../../src/wire/cri.ts";
import type { LinesHeader } from "../../src/wire/live.ts";
import { parseLinesHeader } from "../../src/wire/live.ts";
import type { LogLine } from "./api-parse.ts";
import { decodeBytes, decodeStrictly } from "./text/decode-bytes.ts";

const LF = 0x0a;

export interface LiveLines {
  readonly header: LinesHeader;
  readonly lines: readonly LogLine[];
}

/** A binary message of `/live`. Unlike `parseLinesMessage` it keeps bytes that are no UTF-8. */
export function parseLiveLines(data: ArrayBuffer): LiveLines | undefined {
  const bytes = new Uint8Array(data);
  const headerEnd = bytes.indexOf(LF);
  const header = headerEnd < 0 ? undefined : parseLinesHeader(decodeBytes(bytes.subarray(0, headerEnd)));
  if (header === undefined) return undefined;
  const body = bytes.subarray(headerEnd + 1);
  const text = decodeStrictly(body);
  const lines = text === undefined ? linesOfBytes(header, body) : linesOfText(header, text);
  return { header, lines };
}

function linesOfText(header: LinesHeader, text: string): LogLine[] {
  const lines: LogLine[] = [];
  let at = 0;
  for (let n = header.n; n < header.n + header.count; n += 1) {
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    push(lines, text.slice(at, end), n);
    at = end + 1;
  }
  return lines;
}

function linesOfBytes(header: LinesHeader, body: Uint8Array): LogLine[] {
  const lines: LogLine[] = [];
  let at = 0;
  for (let n = header.n; n < header.n + header.count; n += 1) {
    const end = body.indexOf(LF, at);
    if (end < 0) break;
    push(lines, decodeBytes(body.subarray(at, end)), n);
    at = end + 1;
  }
  return lines;
}

function push(lines: LogLine[], cri: string, n: number): void {
  const line = parseCriLine(cri, n);
  if (line === undefined) return;
  const { time, fragment } = line;
  lines.push({ n, time, stderr: line.stream === "stderr", text: cri.slice(CRI.prefixCharacters), fragment });
}
