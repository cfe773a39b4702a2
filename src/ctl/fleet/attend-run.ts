import type { Execution } from "../../wire/api.ts";
import type { RunOnNode, RunView } from "../../wire/fleet/run-view.ts";
import type { Io } from "../command.ts";
import type { ParsedOptions } from "../described-command.ts";
import { LineNames } from "../reading/line-names.ts";
import { PrintedLines } from "../reading/printed-lines.ts";
import type { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { cancelRun } from "./cancel-run.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { followRun } from "./run-api.ts";
import { RunOutput } from "./run-output.ts";
import { exitCodeOf, stateWords } from "./run-state.ts";

/** Of a program that SIGINT ended: 128 + 2. */
const INTERRUPTED_CODE = 130;

interface AttendedRun {
  readonly collector: Collector;
  readonly sent: RunView;
  readonly options: ParsedOptions;
  readonly io: Io;
  readonly settings: FleetSettings;
}

/** Shows a run's output and state until it ends or the person detaches. Resolves with the exit code. */
export async function attend({ collector, sent, options, io, settings }: AttendedRun): Promise<number> {
  const { run, owner, nodes } = sent;
  const output = new Output(io);
  const isJson = options.has("json");
  const names = new LineNames(output);
  names.expect(nodes.map(({ node }) => node));
  const printers = new Map<string, PrintedLines>();
  const printerOf = (execution: Execution): PrintedLines => {
    const key = `${execution.node} ${execution.x}`;
    const known = printers.get(key);
    if (known !== undefined) return known;
    const prefix = () => names.prefixOf(execution);
    const form = isJson ? "json" : "text";
    const made = new PrintedLines(output, { execution, stream: undefined, form, time: undefined, prefix });
    printers.set(key, made);
    return made;
  };
  const lines = new RunOutput({ collector, run: sent, onLine: (of, line) => printerOf(of).print(line) });
  const gone = new AbortController();
  let last = sent;
  const leave = () => {
    gone.abort();
    lines.detach();
  };
  const release = settings.onInterrupt(() => {
    void ask(io).then(async (answer) => {
      if (answer === "detach") leave();
      if (answer === "stop")
        await cancelRun({ collector, view: last, key: options.text("key"), settings }).catch((error: unknown) =>
          note(io, String(error instanceof Error ? error.message : error)),
        );
    });
  });
  try {
    const following = lines.follow();
    const told = new Map<string, RunOnNode["state"]>();
    const states = (async () => {
      for await (const view of followRun(collector, { run, owner, signal: gone.signal })) {
        last = view;
        if (!isJson) for (const each of view.nodes) tell(io, each, told);
        if (view.isPaused) break;
      }
      if (last.isDone || last.isPaused) lines.end(last);
    })();
    // A failure of one ends the other.
    await Promise.all([following, states]).catch((error: unknown) => {
      leave();
      throw error;
    });
  } finally {
    release();
  }
  for (const printer of printers.values()) await printer.finish();
  if (gone.signal.aborted) {
    note(io, `left running. mlctl runs ${run} shows it, mlctl stop ${run} stops it`);
    return INTERRUPTED_CODE;
  }
  if (last.isPaused) note(io, `paused. mlctl continue ${run} goes on with the next nodes, mlctl stop ${run} ends it`);
  if (isJson) await output.json(last);
  return exitCodeOf(last);
}

/** Reports each new state that is neither progress nor success. */
function tell(io: Io, each: RunOnNode, told: Map<string, RunOnNode["state"]>): void {
  const { node, state } = each;
  if (told.get(node) === state) return;
  told.set(node, state);
  if (["pending", "held", "sent", "accepted", "started", "finished"].includes(state)) return;
  note(io, `${node}: ${stateWords(each)}`);
}

/** Without a terminal nobody answers: the run is left alone. */
async function ask(io: Io): Promise<"detach" | "stop" | "go on"> {
  const { stdin, stderr } = io;
  if (stdin?.isTTY !== true || stderr.isTTY !== true) return "detach";
  stderr.write("\nmlctl: [s]top the command, [d]etach and leave it running, or go on? ");
  const line = await new Promise<string>((resolve) => {
    stdin.resume();
    stdin.once("data", (bytes: Buffer) => resolve(String(bytes)));
  });
  stdin.pause();
  const word = line.trim().toLowerCase();
  return word.startsWith("s") ? "stop" : word.startsWith("d") ? "detach" : "go on";
}
