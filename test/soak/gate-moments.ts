import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { nodeSockets, startGate } from "../support/gate.ts";
import { type GateClient, gateClient } from "../support/gate-client.ts";
import { beginMessage, nameOf, packedFrame } from "../support/gate-messages.ts";
import { HASTY_SHUTDOWN } from "../support/hasty-shutdown.ts";
import { poll } from "../support/poll.ts";
import { type Relay, startRelay } from "../support/relay.ts";
import { tempFolder } from "../support/temp-folder.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";
import { verdictOf } from "./scenario.ts";

/** Executions at a time, each with so many lines in a frame. */
const TOGETHER = 8;
const LINES_PER_FRAME = 60;
/** Longest time from the first octet to the end of either program: about one such execution. */
const WITHIN_MS = 30;
/** Numbers of the executions that follow once everything runs again. */
const AFTERWARDS = 1_000_000;
const LINES = / t="lines" x="(\w{26})" k="[\w-]{22}" s="stdout" n="(\d+)" c="\d+" b="(\d+)"\] \d+ (.*)$/;
const BEGIN = / BEGIN \[.*"x":"(\w{26})"/;

type Ending = "relay killed" | "relay stopped" | "gate killed";

interface Execution {
  readonly x: string;
  readonly frames: number;
  readonly client: GateClient;
}

/** Contents of all of a relay's journals: begun executions, and "x#n" of each whole frame of lines. */
async function journaled(stateDir: string): Promise<{ begun: Set<string>; frames: Set<string> }> {
  const replays = await readdir(join(stateDir, "replay")).catch(() => []);
  const folders = [join(stateDir, "journal"), ...replays.map((name) => join(stateDir, "replay", name))];
  const found = { begun: new Set<string>(), frames: new Set<string>() };
  for (const folder of folders) {
    for (const file of await readdir(folder).catch(() => [])) {
      for (const line of (await readFile(join(folder, file), "latin1")).split("\n")) {
        const [, begun] = BEGIN.exec(line) ?? [];
        const [, x, n, bytes, text] = LINES.exec(line) ?? [];
        if (begun !== undefined) found.begun.add(begun);
        if (x !== undefined && text?.length === Number(bytes)) found.frames.add(`${x}#${n}`);
      }
    }
  }
  return found;
}

function send(socket: string, number: number, frames: number): Execution {
  const name = nameOf(number);
  const client = gateClient(socket);
  client.write(beginMessage(name));
  const lines = Array.from({ length: LINES_PER_FRAME }, (_, i) => `line ${i}`);
  for (let i = 0; i < frames; i += 1) client.write(packedFrame(name, 1 + i * LINES_PER_FRAME, lines));
  client.finish();
  return { x: name.x, frames, client };
}

async function endAndStart(relay: Relay, options: Parameters<typeof startRelay>[0], how: Ending): Promise<Relay> {
  if (how === "gate killed") {
    await relay.gate.end("SIGKILL");
    const sockets = await nodeSockets(relay.runDir, join(options.folder ?? "", "relay"));
    return { ...relay, gate: await startGate(sockets) };
  }
  await (how === "relay killed" ? relay.kill() : relay.stop());
  return startRelay(options);
}

/** Everything confirmed is in the journal. Unconfirmed frames may be there as well. */
async function run(how: Ending, size: Size, say: (words: string) => void): Promise<Verdict> {
  const options = { folder: await tempFolder(), collectorPort: await freePort(), parameters: HASTY_SHUTDOWN };
  const frames = Math.max(1, Math.round(size.lines / (size.injections * TOGETHER * LINES_PER_FRAME)));
  let relay = await startRelay(options);
  const executions: Execution[] = [];
  for (let i = 0; i < size.injections; i += 1) {
    const socket = join(relay.runDir, "mlrun.sock");
    const sent = Array.from({ length: TOGETHER }, (_, j) => send(socket, 1 + i * TOGETHER + j, frames));
    executions.push(...sent);
    await delay(Math.random() * WITHIN_MS);
    relay = await endAndStart(relay, options, how);
    await Promise.all(sent.map(({ client }) => client.ended));
    // The gate finds the next relay, whatever happened to the last.
    await poll("the gate to take lines again", async () => {
      const after = send(socket, AFTERWARDS + executions.length, 1);
      executions.push(after);
      return (await after.client.ended) === "KT";
    });
    say(`${i + 1} of ${size.injections} endings`);
  }
  await relay.stop();
  const { begun, frames: stored } = await journaled(relay.stateDir);
  const problems: string[] = [];
  for (const { x, frames, client } of executions) {
    const numbers = Array.from({ length: frames }, (_, i) => 1 + i * LINES_PER_FRAME);
    const missing = numbers.filter((n) => !stored.has(`${x}#${n}`));
    if (client.answers().startsWith("K") && !begun.has(x)) problems.push(`${x}: K, and no BEGIN in the journal`);
    if (client.answers() === "KT" && missing.length > 0) problems.push(`${x}: T, and ${missing.length} frames missing`);
  }
  const lines = executions.reduce((sum, execution) => sum + execution.frames * LINES_PER_FRAME, 0);
  return verdictOf({ injections: size.injections, lines, problems });
}

const scenario = (how: Ending): Scenario => ({
  name: `gate, last moments: ${how}`,
  short: { lines: 9_600, injections: 2, holdMs: 0 },
  long: { lines: 3_840_000, injections: 200, holdMs: 0 },
  run: (size, say = () => {}) => run(how, size, say),
});

/** Relay or gate end while executions hand over their lines. */
export const gateMoments: readonly Scenario[] = [
  scenario("relay killed"),
  scenario("relay stopped"),
  scenario("gate killed"),
];
