import { createServer, type Socket } from "node:net";
import { LatencySamples, type Sampling } from "./latency-samples.ts";

/**
 * A bare RELP receiver, a process of its own: answers every message and keeps nothing, as cheaply as Node can. Of lines
 * that begin with the clock at which they were printed it measures how old they are.
 */
export interface SinkTask {
  /** All lines have this length. */
  readonly lineBytes: number;
  readonly sampling: Sampling;
  /** The last line. */
  readonly untilN: number;
}

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const OFFERS = "200 OK\nrelp_version=0\nrelp_software=sink\ncommands=syslog";
/** Of a frame, enough for its structured data. */
const HEAD_BYTES = 300;
const LINES = / s="stdout" n="(\d+)" c="(\d+)" b="\d+"(?: f="1")?\] \d+ /;
/** Between lines of one frame stands `\n`, two characters. */
const SEPARATOR_BYTES = 2;

const task: SinkTask = JSON.parse(process.argv[2] ?? "{}");
const samples = new LatencySamples(task.sampling);

function serve(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    samples.tick();
    const data = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    let replies = "";
    for (;;) {
      const commandAt = data.indexOf(SPACE, at) + 1;
      const lengthAt = data.indexOf(SPACE, commandAt) + 1;
      if (commandAt === 0 || lengthAt === 0) break;
      let dataAt = lengthAt;
      let length = 0;
      for (let byte = data[dataAt]; byte !== undefined && byte > SPACE; byte = data[dataAt]) {
        length = length * 10 + byte - 0x30;
        dataAt += 1;
      }
      if (data[dataAt] === SPACE) dataAt += 1;
      const end = dataAt + length;
      // The number may be cut as well: then nothing follows it.
      if (data[end] !== LINE_FEED) break;
      replies += answer(data.toString("latin1", at, commandAt - 1), data.toString("latin1", commandAt, lengthAt - 1));
      measure(data, dataAt, end);
      at = end + 1;
    }
    rest = data.subarray(at);
    if (replies !== "") socket.write(replies);
  });
}

function answer(txnr: string, command: string): string {
  if (command === "close") return `${txnr} rsp 0\n0 serverclose 0\n`;
  return command === "open" ? `${txnr} rsp ${OFFERS.length} ${OFFERS}\n` : `${txnr} rsp 6 200 OK\n`;
}

function measure(data: Buffer, at: number, end: number): void {
  const found = LINES.exec(data.toString("latin1", at, Math.min(end, at + HEAD_BYTES)));
  if (found === null) return;
  const textAt = at + found.index + found[0].length;
  const [firstN, count] = [Number(found[1]), Number(found[2])];
  samples.take(data, { firstN, count, textAt, stepBytes: task.lineBytes + SEPARATOR_BYTES });
  if (samples.lastN === task.untilN)
    process.stdout.write(`complete ${JSON.stringify(LatencySamples.latency([samples]))}\n`);
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address !== "string") process.stdout.write(`port ${address.port}\n`);
});
