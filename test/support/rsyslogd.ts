import { readFile, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import { poll } from "./poll.ts";
import { type Exit, type RunningProcess, start } from "./processes.ts";

export interface Rsyslogd {
  readonly process: RunningProcess;
  /** SIGTERM: rsyslogd empties or saves its queues. */
  stop(): Promise<Exit>;
  /** SIGKILL: the contents of its memory are lost. */
  kill(): Promise<Exit>;
}

interface RsyslogdOptions {
  /** Folder for the configuration file. */
  readonly folder: string;
  readonly config: string;
  /** Unix sockets that are bound once it is ready. */
  readonly sockets?: readonly string[];
  /** TCP ports of 127.0.0.1 that accept once it is ready. */
  readonly ports?: readonly number[];
  /** Runs the daemon through another program, for instance as another user: `[command, ...args]`. */
  readonly through?: readonly string[];
}

export const RSYSLOGD = "/usr/sbin/rsyslogd";

/** Starts a private rsyslogd in the foreground, without a pid file, and waits until it is ready. */
export async function startRsyslogd(options: RsyslogdOptions): Promise<Rsyslogd> {
  const { folder, config, sockets = [], ports = [], through = [] } = options;
  const file = join(folder, "rsyslog.conf");
  await writeFile(file, config);
  const [command = RSYSLOGD, ...args] = [...through, RSYSLOGD, "-n", "-f", file, "-i", "NONE"];
  const process = start(command, args);
  for (const path of sockets)
    await poll(`rsyslogd's socket ${path}`, () => whileRunning(process, () => isBound(path, process.pid)));
  for (const port of ports) await poll(`rsyslogd's port ${port}`, () => whileRunning(process, () => accepts(port)));
  return { process, stop: () => process.end("SIGTERM"), kill: () => process.end("SIGKILL") };
}

async function whileRunning(process: RunningProcess, ask: () => Promise<boolean>): Promise<boolean> {
  const exit = await Promise.race([process.ended, ask()]);
  if (typeof exit === "boolean") return exit;
  throw new Error(`rsyslogd ended with ${exit.code} before it was ready:\n${process.output()}`);
}

/**
 * Matches a line of the kernel's list: a socket that has called listen(2) (flag `__SO_ACCEPTCON`), or one of datagrams
 * (type 2).
 */
const READY = /^\S+ \S+ \S+ (?:00010000|\S+ 0002) /;

/** Whether a socket is in the list of the daemon's network: a file that a killed daemon left behind is not. */
export async function isBound(path: string, pid: number): Promise<boolean> {
  const list = await readFile(`/proc/${pid}/net/unix`, "utf8").catch(() => "");
  return list.split("\n").some((line) => line.endsWith(` ${path}`) && READY.test(line));
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
