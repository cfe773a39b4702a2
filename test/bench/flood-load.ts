import { connect } from "node:net";
import { fakeExecution } from "../support/envelopes.ts";

/**
 * A relay whose one user floods, a process of its own: `flood-load.js PORT EXECUTIONS UID LINE_BYTES`. It opens the
 * executions, prints `ready`, and from the first byte on its stdin sends packed frames of all of them in turn, as fast
 * as they are answered. The next byte ends it, with the rate that it reached.
 */
const [port = 0, executionCount = 1, uid = 1, lineBytes = 100] = process.argv.slice(2).map(Number);
const LINES_A_FRAME = 60;
const WINDOW = 4_096;
/** Commands of one write. */
const AT_ONCE = 64;
/** A number found nowhere else in a frame, with as many digits as line numbers here. */
const PLACE_OF_N = 987_654_321;
const FIRST_N = 100_000_000;
const LINE_FEED = 0x0a;
/** Lines of the answer to open. */
const HEAD_LINES = 4;

const texts = new Array<string>(LINES_A_FRAME).fill("flood ".padEnd(lineBytes, "x"));
const executions = Array.from({ length: executionCount }, () => fakeExecution({ node: "flood" }));
const makers = executions.map((one) => {
  const parts = one.lines(PLACE_OF_N, texts).split(String(PLACE_OF_N));
  return (n: number) => parts.join(String(n));
});
const socket = connect(port, "127.0.0.1");
let [sent, lines, txnr, isFlooding, startedAt, answeredAtStart] = [0, 0, 0, false, 0, 0];
let frames = 0;

function write(commands: readonly string[]): void {
  let text = "";
  for (const command of commands) {
    txnr += 1;
    const space = command.indexOf(" ");
    text += `${txnr} ${command.slice(0, space)} ${command.length - space - 1} ${command.slice(space + 1)}\n`;
  }
  sent += commands.length;
  socket.write(text, "latin1");
}

/** As many BEGINs or frames as the window has room for. */
function fill(): void {
  const answered = Math.max(0, lines - HEAD_LINES + 1);
  if (answered === 0) return;
  const begun = sent - 1;
  if (begun < executionCount) {
    write(executions.slice(begun, begun + WINDOW - (sent - answered)).map((one) => `syslog ${one.begin({}, uid)}`));
    return;
  }
  if (!isFlooding) {
    if (answered === executionCount + 1 && startedAt === 0) {
      startedAt = 1;
      process.stdout.write("ready\n");
    }
    return;
  }
  while (sent - answered <= WINDOW - AT_ONCE) {
    write(Array.from({ length: AT_ONCE }, () => nextFrame()));
  }
}

function nextFrame(): string {
  const round = Math.floor(frames / executionCount);
  const maker = makers[frames % executionCount];
  frames += 1;
  return `syslog ${maker?.(FIRST_N + round * LINES_A_FRAME) ?? ""}`;
}

socket.on("data", (chunk: Buffer) => {
  for (let i = chunk.indexOf(LINE_FEED); i >= 0; i = chunk.indexOf(LINE_FEED, i + 1)) lines += 1;
  fill();
});
write(["open relp_version=0\nrelp_software=flood\ncommands=syslog"]);
process.stdin.on("data", () => {
  if (!isFlooding) {
    isFlooding = true;
    startedAt = performance.now();
    answeredAtStart = lines;
    fill();
    return;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  process.stdout.write(`rate ${((lines - answeredAtStart) * LINES_A_FRAME) / seconds}\n`);
  process.exit(0);
});
