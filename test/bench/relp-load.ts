import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { type FakeExecution, fakeExecution } from "../support/envelopes.ts";

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
  /** Over TLS, with this node's certificate. */
  readonly tls?: { readonly pki: string; readonly node: string } | undefined;
  /** `collector`: BEGINs first, keyed frames; `rsyslogd`: the same frames, the execution as APP-NAME. */
  readonly for: "collector" | "rsyslogd";
  /** BEGINs are answered before the clock starts, and no END is sent: the executions are open. */
  readonly isOpen?: boolean;
  /** Goes on with one execution, from this line on. */
  readonly resume?: { readonly x: string; readonly k: string; readonly node: string; readonly fromN: number };
}

/** Ready bytes of one session, and where each command ends in them. */
interface Script {
  readonly bytes: Buffer;
  readonly ends: Float64Array;
  /** Commands that open the session and, on this connection, executions. */
  readonly opening: number;
}

const LINE_FEED = 0x0a;
/** A number that is nowhere else in a frame. */
const PLACE_OF_N = 9_876_543_210;
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
  const openings = commands.map(({ length }) => length);
  const texts = new Array<string>(load.linesPerFrame).fill(text);
  const frames = executions.map((one) => frameMaker(one, texts));
  for (let done = 0, i = 0; done < load.lines; done += load.linesPerFrame, i = (i + 1) % executions.length) {
    const n = next[i] ?? 1;
    const frame = frames[i]?.(n) ?? "";
    next[i] = n + texts.length;
    const sent = toCollector ? frame : frame.replace(" mlrun - ", ` ex${i} - `);
    logBytes += Buffer.byteLength(sent) - PRIORITY_BYTES + 1;
    tell(i, sent);
  }
  if (toCollector && load.isOpen !== true) {
    for (const [i, one] of executions.entries()) tell(i, one.end((next[i] ?? 1) - 1));
  }
  return { ready: commands.map((each, i) => toScript(each, openings[i] ?? 1)), logBytes };
}

/** Frames of the same texts, of which only the number differs. */
function frameMaker(one: FakeExecution, texts: readonly string[]): (n: number) => string {
  const [head = "", middle = "", tail = ""] = one.lines(PLACE_OF_N, texts).split(String(PLACE_OF_N));
  return (n) => head + n + middle + n + tail;
}

function toScript(commands: readonly string[], opening: number): Script {
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
  return { bytes: Buffer.concat(parts), ends, opening };
}

function open({ port, tls }: Load): Socket {
  if (tls === undefined) return connect(port, "127.0.0.1");
  const read = (name: string) => readFileSync(join(tls.pki, name));
  const [ca, cert, key] = [read("ca.crt"), read(`${tls.node}.crt`), read(`${tls.node}.key`)];
  return connectTls({ port, host: "127.0.0.1", servername: "localhost", ca, cert, key });
}

/** One RELP session. */
class Session {
  readonly #script: Script;
  readonly #window: number;
  readonly #socket: Socket;
  #answered = 0;
  #sent = 0;
  /** Lines of the answer to open that are still to come. */
  #headLines = 4;
  /** Sends up to here, and tells when it is answered. */
  #until = 0;
  #tell: () => void = () => {};

  constructor(script: Script, load: Load) {
    this.#script = script;
    this.#window = load.window;
    this.#socket = open(load);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("close", () => {
      if (this.#answered < script.ends.length) throw new Error(`The receiver closed after ${this.#answered} answers`);
    });
  }

  /** Resolves when these commands, or all, are answered. */
  play(until: number = this.#script.ends.length): Promise<void> {
    return new Promise((resolve) => {
      this.#until = until;
      this.#tell = resolve;
      this.#send();
    });
  }

  #send(): void {
    const { bytes, ends } = this.#script;
    // Nothing goes before the open is answered.
    const until = this.#answered === 0 ? 1 : Math.min(this.#until, this.#answered + this.#window);
    if (until <= this.#sent) return;
    this.#socket.write(bytes.subarray(ends[this.#sent - 1] ?? 0, ends[until - 1]));
    this.#sent = until;
  }

  #receive(chunk: Buffer): void {
    let lines = 0;
    for (let i = chunk.indexOf(LINE_FEED); i >= 0; i = chunk.indexOf(LINE_FEED, i + 1)) lines += 1;
    const head = Math.min(this.#headLines, lines);
    this.#headLines -= head;
    if (head > 0 && this.#headLines === 0) this.#answered = 1;
    this.#answered += lines - head;
    if (this.#answered === this.#until) this.#tell();
    else if (this.#sent - this.#answered <= this.#window / 2) this.#send();
  }
}

const load: Load = JSON.parse(process.argv[2] ?? "{}");
const { ready, logBytes } = prepare(load);
let sessions: readonly Session[] = [];
let openingSeconds = 0;
if (load.isOpen === true) {
  const startedAt = performance.now();
  sessions = ready.map((script) => new Session(script, load));
  await Promise.all(sessions.map((session, i) => session.play(ready[i]?.opening)));
  openingSeconds = (performance.now() - startedAt) / 1000;
}
process.stdout.write(`ready ${logBytes} ${openingSeconds}\n`);
process.stdin.once("data", async () => {
  const startedAt = performance.now();
  if (load.isOpen !== true) sessions = ready.map((script) => new Session(script, load));
  await Promise.all(sessions.map((session) => session.play()));
  process.stdout.write(`answered ${(performance.now() - startedAt) / 1000}\n`);
  process.exit(0);
});
