import { FrameEncoder } from "../frame/encode.ts";
import type { BackgroundFlushOptions } from "./background-flush.ts";
import { startBeats } from "./beats.ts";
import type { Clock } from "./clock.ts";
import { type Command, exitCodeOf, startCommand } from "./command.ts";
import { closeWriteEnds, makeFifos } from "./fifos.ts";
import { RUN_LIMITS } from "./limits.ts";
import { droppedMessage, openLogDelivery } from "./log-delivery.ts";
import { Outputs } from "./outputs.ts";
import { SignalRelay } from "./signal-relay.ts";
import type { SpoolPlaces } from "./spool-folder.ts";

export interface ExecutionOptions {
  /** The command; at least one word. */
  readonly argv: readonly string[];
  /** Of the command. */
  readonly environment: NodeJS.ProcessEnv;
  readonly x: string;
  readonly key: string;
  readonly job: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly pid: number;
  readonly cwd: string;
  readonly runDir: string;
  readonly spool: SpoolPlaces;
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly oneLineFrames: boolean;
  /** mlrun has a controlling terminal; the command keeps it. */
  readonly hasTerminal: boolean;
  readonly clock: Clock;
  warn(message: string): void;
  /** Starts `mlrun --flush` as a process of its own. */
  readonly startFlush: BackgroundFlushOptions["start"];
}

/**
 * Runs the command with its output going to the relay.
 *
 *     command ==FIFOs==> OutputStream --frames--> Delivery --lines.sock--> relay
 *                             \--> mirror               \--> spool
 *
 * @returns mlrun's exit code.
 */
export async function runExecution(options: ExecutionOptions): Promise<number> {
  const { argv, environment, hasTerminal, clock, warn } = options;
  // What takes time is begun before anything is waited for: mlrun has to start like bare node.
  const fifosMade = makeFifos();
  const encoder = new FrameEncoder(options, options);
  let outputs: Outputs | undefined;
  const { delivery, spool } = openLogDelivery(options, () => outputs?.roomAgain());
  delivery.start();

  const fifos = await fifosMade;
  const [{ writeEnd: stdout }, { writeEnd: stderr }] = fifos;
  const command = startCommand({ argv, environment, stdout, stderr, detached: !hasTerminal }, warn);
  const wait = new GrandchildrenWait(() => outputs?.stop());
  const signals = relaySignals(options, command, () => wait.cut());
  closeWriteEnds(fifos);
  const { quiet, raw } = options;
  const opened = new Outputs({ fifos, quiet, raw, encoder, delivery, clock });
  outputs = opened;
  const idleMs = () => clock.elapsedMs() - opened.readAtMs;
  const endBeats = startBeats({ encoder, delivery, clock, pid: command.pid, idleMs });

  const end = await command.ended;
  const endedAt = clock.timestamp();
  wait.begin();
  await opened.ended();
  wait.end();
  endBeats();
  signals?.end();
  await delivery.finish(() => {
    encoder.setTime(clock.timestamp());
    const { printed, thinned } = opened;
    const { lines } = encoder;
    return encoder.encodeEnd({
      ...end,
      endedAt,
      lines,
      printed,
      thinned,
      dropped: spool.dropped,
      cutShort: wait.wasCut,
    });
  });
  const dropped = droppedMessage(spool);
  if (dropped !== undefined) warn(dropped);
  await opened.mirrored();
  return exitCodeOf(end);
}

function relaySignals(options: ExecutionOptions, command: Command, onEnding: () => void): SignalRelay | undefined {
  const { pid } = command;
  if (pid === undefined) return undefined;
  return new SignalRelay({ sharesGroup: options.hasTerminal, pid, onEnding });
}

/** Grandchildren may hold the output open after the command has ended: not for ever, and not when asked to end. */
class GrandchildrenWait {
  /** The output was given up while it was still open. */
  wasCut = false;
  readonly #giveUp: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
  }

  begin(): void {
    this.#timer = setTimeout(() => this.cut(), RUN_LIMITS.grandchildrenMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  cut(): void {
    if (this.#timer === undefined) return;
    this.end();
    this.wasCut = true;
    this.#giveUp();
  }
}
