import { connect } from "node:net";
import { fakeExecution } from "../support/envelopes.ts";

/**
 * The load of the ingest case, a process of its own: RELP sessions that keep a window of messages unanswered. All bytes
 * are made before the clock starts, and sending is slicing one buffer, so that the receiver is what limits.
 */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly executions: number;
  readonly lines: number;
  readonly lineBytes: number;
  readonly linesPerFrame: number;
  readonly window: number;
  /** `collector`: BEGINs first, keyed frames; `rsyslogd`: the same frames, the execution as APP-NAME. */
  readonly for: "collector" | "rsyslogd";
  /** Goes on with one execution, from this line on, and does not end it. */
  readonly resume?: { readonly x: string; readonly k: string; readonly node: string; readonly fromN: number };
}

/** Ready bytes of one session, and where each command ends in them. */
interface Script {
  readonly bytes: Buffer;
  readonly ends: Float64Array;
}

const LINE_FEED = 0x0a;
const PRIORITY_BYTES = "<134>1 ".length;

/** @returns Also the bytes of the log that rsyslogd writes for these frames: each without PRI and version, with LF. */
function prepare(load: Load): { ready: Script[]; logBytes: number } {
  const text = "epoch 3 step 1234 loss=0.1234 accuracy=0.9876 lr=0.001 ".padEnd(load.lineBytes, "x");
  const { resume } = load;
  const executions = Array.from({ length: load.executions }, () => fakeExecution(resume ?? {}));
  const commands: string[][] = Array.from({ length: load.connections }, () => [
    "open relp_version=0\nrelp_software=load\ncommands=syslog",
  ]);
  const next = executions.map(() => resume?.fromN ?? 1);
  let logBytes = 0;
  const toCollector = load.for === "collector";
  const tell = (i: number, message: string) => commands[i % load.connections]?.push(`syslog ${message}`);
  if (toCollector) for (const [i, one] of executions.entries()) tell(i, one.begin());
  const texts = new Array<string>(load.linesPerFrame).fill(text);
  for (let done = 0, i = 0; done < load.lines; done += load.linesPerFrame, i = (i + 1) % executions.length) {
    const n = next[i] ?? 1;
    const frame = executions[i]?.lines(n, texts) ?? "";
    next[i] = n + texts.length;
    const sent = toCollector ? frame : frame.replace(" mlrun - ", ` ex${i} - `);
    logBytes += Buffer.byteLength(sent) - PRIORITY_BYTES + 1;
    tell(i, sent);
  }
  if (toCollector && resume === undefined) {
    for (const [i, one] of executions.entries()) tell(i, one.end((next[i] ?? 1) - 1));
  }
  return { ready: commands.map(toScript), logBytes };
}

function toScript(commands: readonly string[]): Script {
  const parts: Buffer[] = [];
  const ends = new Float64Array(commands.length);
  let at = 0;
  commands.forEach((command, i) => {
    const space = command.indexOf(" ");
    const data = Buffer.from(command.slice(space + 1));
    const head = Buffer.from(`${i + 1} ${command.slice(0, space)} ${data.length} `);
    const frame = Buffer.concat([head, data, Buffer.from("\n")]);
    parts.push(frame);
    at += frame.length;
    ends[i] = at;
  });
  return { bytes: Buffer.concat(parts), ends };
}

/** Plays one session; resolves when every command is answered. */
function play(script: Script, load: Load): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(load.port, "127.0.0.1");
    const total = script.ends.length;
    let [answered, sent, headLines] = [0, 0, 4];
    const send = (): void => {
      // Nothing goes before the open is answered.
      const until = answered === 0 ? 1 : Math.min(total, answered + load.window);
      if (until <= sent) return;
      socket.write(script.bytes.subarray(script.ends[sent - 1] ?? 0, script.ends[until - 1]));
      sent = until;
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`The receiver closed after ${answered} of ${total} answers`)));
    socket.on("data", (chunk: Buffer) => {
      let lines = 0;
      for (let i = chunk.indexOf(LINE_FEED); i >= 0; i = chunk.indexOf(LINE_FEED, i + 1)) lines += 1;
      // The answer to open has lines of its own.
      const head = Math.min(headLines, lines);
      headLines -= head;
      if (head > 0 && headLines === 0) answered = 1;
      answered += lines - head;
      if (answered === total) {
        socket.removeAllListeners("close");
        socket.end(resolve);
      } else if (sent - answered <= load.window / 2) send();
    });
  });
}

const load: Load = JSON.parse(process.argv[2] ?? "{}");
const { ready, logBytes } = prepare(load);
process.stdout.write(`ready ${logBytes}\n`);
process.stdin.once("data", async () => {
  const startedAt = process.hrtime.bigint();
  await Promise.all(ready.map((script) => play(script, load)));
  process.stdout.write(`answered ${Number(process.hrtime.bigint() - startedAt) / 1e9}\n`);
  process.exit(0);
});
