import { readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type Begin, parseBegin } from "../../src/wire/begin.ts";
import { type End, parseEnd } from "../../src/wire/end.ts";
import { type Frame, parseFrame, printedBy } from "./frames.ts";
import { type NodeSockets, nodeSockets, startGate } from "./gate.ts";
import { poll } from "./poll.ts";
import { type Rsyslogd, startRsyslogd } from "./rsyslogd.ts";
import { tempFolder } from "./temp-folder.ts";

/** Time for a batch system, which schedules when it likes. */
const BATCH_MS = 80_000;

/** One execution as the relay saw it. */
export interface Seen {
  readonly begin: Begin;
  /** BEGIN's sender according to the kernel. */
  readonly uid: number;
  readonly frames: readonly Frame[];
  readonly end: End;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** The gate, and an rsyslogd with the inputs of the relay, which writes to files instead of forwarding. */
export interface DumpRelay {
  /** Value for `--run-dir`. */
  readonly runDir: string;
  /** All line frames so far, duplicates included. */
  frames(): Promise<Frame[]>;
  begins(): Promise<{ uid: number; begin: Begin }[]>;
  /** Waits for executions whose label `at` says where a batch job began them. Resolves to those of such a place. */
  batchBegins(executions: number): Promise<(at: string) => Begin[]>;
  /** Waits for a whole execution (the only one, if no id is given). Without duplicates. */
  execution(x?: string): Promise<Seen>;
  start(): Promise<Rsyslogd>;
}

/** A relay that is not started yet. */
export async function dumpRelay(): Promise<DumpRelay> {
  const folder = await tempFolder();
  const sockets = await nodeSockets(folder, join(folder, "relay"));
  const [beginDump, linesDump] = [join(folder, "begin.dump"), join(folder, "lines.dump")];

  async function frames(): Promise<Frame[]> {
    return (await wholeLines(linesDump)).map(parseFrame);
  }
  async function begins(): Promise<{ uid: number; begin: Begin }[]> {
    return (await wholeLines(beginDump)).map((line) => {
      const [uid = "", ...rest] = line.toString().split(" ");
      const begin = parseBegin(rest.join(" "));
      if (begin === undefined) throw new Error(`Not a BEGIN: ${line}`);
      return { uid: Number(uid), begin };
    });
  }
  async function batchBegins(executions: number): Promise<(at: string) => Begin[]> {
    const all = await poll(
      "all executions",
      async () => {
        const found = (await begins()).map(({ begin }) => begin);
        return new Set(found.map(({ x }) => x)).size === executions && found;
      },
      BATCH_MS,
    );
    return (at) => all.filter(({ labels }) => labels["at"] === at);
  }
  async function execution(x?: string): Promise<Seen> {
    return poll(`the execution ${x ?? ""}`, async () => {
      const found = (await begins()).find(({ begin }) => x === undefined || begin.x === x);
      // A resent frame must have the same bytes: any other stays, and shows as a duplicate.
      const unique = [...new Set((await wholeLines(linesDump)).map((line) => line.toString("latin1")))];
      const all = unique.map((line) => parseFrame(Buffer.from(line, "latin1")));
      const own = all.filter((frame) => frame.x === found?.begin.x);
      const last = own.find(({ type }) => type === "end");
      const end = parseEnd(last?.text ?? "");
      if (found === undefined || last === undefined || end === undefined) return undefined;
      // Spooled frames may come after END.
      if (own.reduce((lines, { count }) => lines + count, 0) < last.n) return undefined;
      return { ...found, frames: own, end, stdout: printedBy(own, "stdout"), stderr: printedBy(own, "stderr") };
    });
  }
  async function start(): Promise<Rsyslogd> {
    for (const path of [beginDump, linesDump]) await cutTornTail(path);
    const config = configuration({ folder, sockets, beginDump, linesDump });
    const rsyslogd = await startRsyslogd({ folder, sockets: [sockets.begin, sockets.lines], config });
    await startGate(sockets);
    return rsyslogd;
  }
  return { runDir: folder, frames, begins, batchBegins, execution, start };
}

export async function startDumpRelay(): Promise<DumpRelay> {
  const relay = await dumpRelay();
  await relay.start();
  return relay;
}

function configuration(paths: { folder: string; sockets: NodeSockets; beginDump: string; linesDump: string }): string {
  const { begin, lines } = paths.sockets;
  const socket = 'unlink="on" fileCreateMode="0600" socketBacklog="512" supportOctetCountedFraming="on"';
  return `
global(workDirectory="${paths.folder}" maxMessageSize="8k")
module(load="imptcp")
template(name="begin" type="string" string="%app-name% %msg%\\n")
template(name="lines" type="string" string="%rawmsg%\\n")
# What the gate says of itself is no BEGIN.
ruleset(name="begin" queue.type="Direct") {
  if $app-name == "gate" then stop
  action(type="omfile" file="${paths.beginDump}" template="begin")
}
ruleset(name="lines" queue.type="Direct") { action(type="omfile" file="${paths.linesDump}" template="lines") }
input(type="imptcp" path="${begin}" ruleset="begin" ${socket})
input(type="imptcp" path="${lines}" ruleset="lines" ${socket})
`;
}

/** After an rsyslogd was killed inside a frame, the next one appends to it. */
async function cutTornTail(path: string): Promise<void> {
  const dump = await readFile(path).catch(() => Buffer.alloc(0));
  const wholeBytes = dump.lastIndexOf("\n") + 1;
  if (wholeBytes < dump.length) await truncate(path, wholeBytes);
}

async function wholeLines(path: string): Promise<Buffer[]> {
  const dump = await readFile(path).catch(() => Buffer.alloc(0));
  const lines: Buffer[] = [];
  let at = 0;
  for (let end = dump.indexOf("\n", at); end >= 0; end = dump.indexOf("\n", at)) {
    lines.push(dump.subarray(at, end));
    at = end + 1;
  }
  return lines;
}
