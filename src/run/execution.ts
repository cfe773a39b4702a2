import { FrameEncoder } from "../frame/encode.ts";
import type { Clock } from "./clock.ts";
import { exitCodeOf, startCommand } from "./command/command.ts";
import { closeWriteEnds, makeFifos } from "./command/fifos.ts";
import { SignalRelay } from "./command/signal-relay.ts";
import { startBeats } from "./delivery/beats.ts";
import { droppedMessage, type LogOptions, openLogDelivery } from "./log-delivery.ts";
import { Outputs } from "./output/outputs.ts";

interface ExecutionOptions extends LogOptions {
  /** The command and its arguments, exactly as they run. */
  readonly words: readonly string[];
  /** The command's environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly oneLineFrames: boolean;
  /** Whether mlrun has a controlling terminal, which the command keeps. */
  readonly hasTerminal: boolean;
  readonly clock: Clock;
}

const STDOUT = 1;
const STDERR = 2;

/**
 * Runs the command and sends its output to the relay.
 *
 *     command ==FIFOs==> OutputStream --frames--> Delivery --mlrun.sock--> gate --> relay
 *                             \--> mirror               \--> spool
 *
 * @returns mlrun's exit code.
 */
export async function runExecution(options: ExecutionOptions): Promise<number> {
  const { words, environment, hasTerminal, quiet, raw, clock, warn } = options;
  // Starts slow steps before waiting for any: mlrun must start as fast as bare node.
  const fifosMade = makeFifos(`${options.x}-${options.pid}`);
  const encoder = new FrameEncoder(options, options);
  const { delivery, spool, close } = openLogDelivery(options);
  delivery.start();

  const fifos = await fifosMade;
  const mirrors = quiet ? ([undefined, undefined] as const) : ([STDOUT, STDERR] as const);
  const outputs = new Outputs({ fifos, mirrors, raw, encoder, delivery, clock, warn });
  delivery.onRoom(() => outputs.roomAgain());
  const signals = new SignalRelay({ sharesGroup: hasTerminal, onEnding: () => outputs.hurry() });
  const [{ writeEnd: stdout }, { writeEnd: stderr }] = fifos;
  const command = startCommand({ argv: words, environment, stdout, stderr, detached: !hasTerminal }, warn);
  if (command.pid !== undefined) signals.begin(command.pid);
  closeWriteEnds(fifos);
  const idleMs = () => clock.elapsedMs() - outputs.readAtMs;
  const beats = startBeats({
    encoder,
    delivery,
    clock,
    pid: command.pid,
    hasTerminal: false,
    idleMs,
    exit: () => undefined,
  });

  const end = await command.ended;
  const endedAt = clock.timestamp();
  await outputs.drained();
  beats.stop();
  signals.end();
  await delivery.finish(() => {
    encoder.setTime(clock.timestamp());
    const { printed, thinned, cutShort } = outputs;
    const { lines } = encoder;
    return encoder.encodeEnd({ ...end, endedAt, lines, printed, thinned, dropped: spool.dropped, cutShort });
  });
  close();
  signals.release(!outputs.areMirrored);
  await outputs.mirrored();
  const dropped = droppedMessage(spool);
  if (dropped !== undefined) warn(dropped);
  return exitCodeOf(end);
}
