import type { Readable } from "node:stream";
import { AUTH_LIMITS } from "./protocol.ts";

/** Calls `onLine` for each line of a stream, without its LF. A line over the limit destroys the stream. */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  maxBytes: number = AUTH_LIMITS.maxLineBytes,
): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const line = rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
      if (end <= maxBytes) onLine(line);
      else stream.destroy();
    }
    if (rest.length > maxBytes) stream.destroy();
  });
}
