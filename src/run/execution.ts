import { join } from "node:path";
import { FrameEncoder } from "../frame/encode.ts";
import type { StreamName } from "../wire/api.ts";
import type { Begin } from "../wire/begin.ts";
import type { End } from "../wire/end.ts";
import { announce, beginJson } from "./announce.ts";
import type { Clock } from "./clock.ts";
import { exitCodeOf, startCommand } from "./command.ts";
import { Delivery, type Spool } from "./delivery.ts";
import { closeWriteEnds, makeFifos } from "./fifos.ts";
import { RUN_LIMITS } from "./limits.ts";
import { OutputStream } from "./output-stream.ts";

export interface ExecutionOptions {
  readonly argv: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly x: string;
  readonly key: string;
  readonly job: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
  readonly pid: number;
  readonly cwd: string;
  readonly runDir: string;
  readonly quiet: boolean;
  readonly raw: boolean;
  readonly oneLineFrames: boolean;
  readonly hasTerminal: boolean;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
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
  const { argv, x, key, job, labels, node, pid, cwd, clock } = options;
  const fifosMade = makeFifos();
  const begin: Begin = { v: 1, x, k: key, job, argv, cwd, labels, startedAt: clock.timestamp(), node, pid };
  const json = beginJson(begin);
  const encoder = new FrameEncoder({ x, key, node, pid }, { oneLineFrames: options.oneLineFrames });
  const spool: Spool = { append() {}, seal() {} };
  const streams: OutputStream[] = [];
  const delivery = new Delivery({
    path: join(options.runDir, "lines.sock"),
    announce: () => announce(json, options.runDir),
    spool,
    elapsedMs: () => clock.elapsedMs(),
    onRoom: () => {
      for (const stream of streams) stream.roomAgain();
    },
    onLive: () => {},
    onSpooling: (reason) => options.warn(`no relay (${reason})`),
  });
  delivery.start();

  const fifos = await fifosMade;
  const [stdout, stderr] = fifos;
  const command = startCommand(
    {
      argv,
      environment: options.environment,
      stdout: stdout.writeEnd,
      stderr: stderr.writeEnd,
      detached: !options.hasTerminal,
    },
    options.warn,
  );
  closeWriteEnds(fifos);
  const open = (name: StreamName, fd: number, mirrorFd: number) => {
    const { promise, resolve } = withResolver();
    const mirror = options.quiet ? undefined : mirrorFd;
    const stream = new OutputStream({ name, fd, mirrorFd: mirror, encoder, delivery, clock, onEnd: resolve });
    streams.push(stream);
    return { stream, ended: promise };
  };
  const out = open("stdout", stdout.readEnd, 1);
  const err = open("stderr", stderr.readEnd, 2);

  const end = await command.ended;
  const endedAt = clock.timestamp();
  let cutShort = false;
  const timer = setTimeout(() => {
    cutShort = true;
    for (const stream of streams) stream.stop();
  }, RUN_LIMITS.grandchildrenMs);
  await Promise.all([out.ended, err.ended]);
  clearTimeout(timer);

  await delivery.finish(() => {
    const said: End = {
      ...end,
      endedAt,
      lines: encoder.lines,
      printed: { stdout: out.stream.printedBytes, stderr: err.stream.printedBytes },
      thinned: { stdout: 0, stderr: 0 },
      dropped: { stdout: 0, stderr: 0 },
      cutShort,
    };
    encoder.setTime(clock.timestamp());
    return encoder.encodeEnd(said);
  });
  await Promise.all([out.stream.mirrored(), err.stream.mirrored()]);
  return exitCodeOf(end);
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
