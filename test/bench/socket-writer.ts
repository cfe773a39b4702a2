import { connect } from "node:net";
import { sampleText } from "./printed.ts";

/**
 * A program that logs to a unix socket by itself, a process of its own: octet-counted syslog messages (RFC 6587) of one
 * line each, all bytes made before the clock starts.
 */
export interface WriterTask {
  readonly socketPath: string;
  readonly lines: number;
  readonly lineBytes: number;
}

const APP = "job";
const PRIORITY_BYTES = "<14>1 ".length;
/** Size of one write to the socket. */
const BLOCK_BYTES = 65_536;

function prepare({ lines, lineBytes }: WriterTask): { bytes: Buffer; logBytes: number } {
  const head = `<14>1 2026-11-20T04:17:44.960662+00:00 node1 ${APP} 4711 - - `;
  const frameBytes = Buffer.byteLength(head) + lineBytes;
  const parts: Buffer[] = [];
  for (let n = 1; n <= lines; n += 1) parts.push(Buffer.from(`${frameBytes} ${head}${sampleText(n, lineBytes)}`));
  // rsyslogd's file has each without PRI and version, with LF.
  return { bytes: Buffer.concat(parts), logBytes: lines * (frameBytes - PRIORITY_BYTES + 1) };
}

const task: WriterTask = JSON.parse(process.argv[2] ?? "{}");
const { bytes, logBytes } = prepare(task);
const socket = connect({ path: task.socketPath });
socket.once("connect", () => process.stdout.write(`ready ${APP} ${logBytes}\n`));
process.stdin.once("data", () => {
  let at = 0;
  const send = (): void => {
    while (at < bytes.length) {
      const from = at;
      at += BLOCK_BYTES;
      if (!socket.write(bytes.subarray(from, at))) return void socket.once("drain", send);
    }
  };
  send();
});
