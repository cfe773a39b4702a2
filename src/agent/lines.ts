import type { Socket } from "node:net";
import { AGENT_LIMITS } from "./limits.ts";

/** Calls `onLine` for each line between the two halves of the agent, without its LF. A line over the limit ends the connection. */
export function readLines(socket: Socket, onLine: (line: string) => void): void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  socket.on("data", (data: Buffer) => {
    let from = 0;
    for (let end = data.indexOf("\n"); end >= 0; end = data.indexOf("\n", from)) {
      pieces.push(data.subarray(from, end));
      const line = Buffer.concat(pieces);
      [pieces, bytes, from] = [[], 0, end + 1];
      if (line.length > AGENT_LIMITS.maxLineBytes) socket.destroy();
      else onLine(line.toString("utf8"));
    }
    const rest = data.subarray(from);
    pieces.push(rest);
    bytes += rest.length;
    if (bytes > AGENT_LIMITS.maxLineBytes) socket.destroy();
  });
}
