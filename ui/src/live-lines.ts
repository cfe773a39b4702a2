import type { CriLine } from "../../src/wire/cri.ts";
import type { LinesHeader } from "../../src/wire/live.ts";
import { parseLinesMessage } from "../../src/wire/live.ts";
import type { LogLine } from "./api-parse.ts";
import { decodeBytes } from "./text/decode-bytes.ts";

export interface LiveLines {
  readonly header: LinesHeader;
  readonly lines: readonly LogLine[];
}

/** A binary message of `/live`. Bytes that are not UTF-8 are kept, as in `LogLine`. */
export function parseLiveLines(data: ArrayBuffer): LiveLines | undefined {
  const message = parseLinesMessage(decodeBytes(new Uint8Array(data)));
  return message === undefined ? undefined : { header: message.header, lines: message.lines.map(toLogLine) };
}

function toLogLine({ n, time, stream, text, fragment }: CriLine): LogLine {
  return { n, time, stderr: stream === "stderr", text, fragment };
}
