import { connect, type Socket } from "node:net";
import { fakeExecution } from "../support/envelopes.ts";

const WINDOW = 4_096;
const LINE_FEED = 0x0a;
/** Lines of the answer to open. */
const HEAD_LINES = 4;
const TEXT = "epoch 3 step 1234 loss=0.1234 ".padEnd(100, "x");

/** One RELP session that sends ready messages as fast as its window allows; resolves when all are answered. */
export function playSession(port: number, messages: readonly string[]): Promise<void> {
  const commands = ["open relp_version=0\nrelp_software=load\ncommands=syslog"];
  for (const message of messages) commands.push(`syslog ${message}`);
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1");
    let [sent, lines] = [0, 0];
    const fill = (): void => {
      const answered = Math.max(0, lines - HEAD_LINES + 1);
      const until = answered === 0 ? 1 : Math.min(commands.length, answered + WINDOW);
      if (until <= sent) return;
      let text = "";
      for (; sent < until; sent += 1) {
        const command = commands[sent] ?? "";
        const space = command.indexOf(" ");
        const data = command.slice(space + 1);
        text += `${sent + 1} ${command.slice(0, space)} ${Buffer.byteLength(data)} ${data}\n`;
      }
      socket.write(text);
    };
    socket.on("data", (chunk: Buffer) => {
      for (let i = chunk.indexOf(LINE_FEED); i >= 0; i = chunk.indexOf(LINE_FEED, i + 1)) lines += 1;
      if (lines - HEAD_LINES + 1 < commands.length) fill();
      else socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      if (lines - HEAD_LINES + 1 >= commands.length) resolve();
      else reject(new Error(`The collector closed after ${lines} lines of answers`));
    });
    fill();
  });
}

/** Frames of so many executions whose BEGIN never comes, one each. */
export function strangers(node: string, count: number): string[] {
  return Array.from({ length: count }, () => fakeExecution({ node }).lines(1, [TEXT]));
}

/** BEGINs of so many executions, then rounds of one line of each. */
export function scattered(
  node: string,
  { count, rounds }: { readonly count: number; readonly rounds: number },
): string[] {
  const executions = Array.from({ length: count }, () => fakeExecution({ node }));
  const messages = executions.map((one) => one.begin());
  for (let n = 1; n <= rounds; n += 1) for (const one of executions) messages.push(one.lines(n, [TEXT]));
  return messages;
}

/** One execution: BEGIN and packed frames. */
export function packed(node: string, frames: number): string[] {
  const texts = new Array<string>(60).fill(TEXT);
  const one = fakeExecution({ node });
  return [one.begin(), ...Array.from({ length: frames }, (_, i) => one.lines(1 + i * texts.length, texts))];
}

/** Executions whose BEGIN comes after as many bytes as the quarantine takes of each, a frame a line. */
export function claimedLate(
  node: string,
  { count, lines }: { readonly count: number; readonly lines: number },
): string[] {
  return Array.from({ length: count }, () => fakeExecution({ node })).flatMap((one) => [
    // Both streams in turn: each line is a piece of its own.
    ...Array.from({ length: lines }, (_, i) => one.lines(1 + i, [TEXT], { stderr: i % 2 === 1 })),
    one.begin(),
  ]);
}

/** Every second line, from the last to the first: each a piece of its own, and none follows another. */
export function disordered(one: ReturnType<typeof fakeExecution>, lines: number): string[] {
  return [one.begin(), ...Array.from({ length: lines }, (_, i) => one.lines(2 * (lines - i), [TEXT]))];
}

/** BEGINs as long as they may be. */
export function longBegins(node: string, count: number): string[] {
  const argv = ["/bin/job.sh", ...new Array<string>(30).fill("argument ".repeat(20))];
  return Array.from({ length: count }, () => fakeExecution({ node, job: "job" }).begin({ argv }));
}
