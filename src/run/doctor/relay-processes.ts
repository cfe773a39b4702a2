import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** Processes behind a gate, as far as this user can see them. */
export interface RelayProcesses {
  /** The gate's command line. Undefined: no gate is visible. */
  readonly gate: readonly string[] | undefined;
  /** The sockets between gate and relay. */
  readonly lines: string;
  readonly begin: string;
  /** Configuration files of the running rsyslogds. */
  readonly configurations: readonly string[];
}

const DEFAULT_CONFIGURATION = "/etc/rsyslog.conf";
/** Folder of these sockets in the gate's unit. */
const DEFAULT_FOLDER = "/run/marcologger-relay";

/** Looks for the gate that listens in this folder, and for rsyslogds. */
export function findRelayProcesses(runDir: string): RelayProcesses {
  const commands = commandLines();
  const gates = commands.filter(([program = ""]) => basename(program) === "mlgate");
  const socket = join(runDir, "mlrun.sock");
  // Under systemd the gate inherits the socket, and its command line names none.
  const gate =
    gates.find((words) => after(words, "--listen") === socket) ?? gates.find((words) => !words.includes("--listen"));
  const relays = commands.filter(([program = ""]) => basename(program) === "rsyslogd");
  return {
    gate,
    lines: after(gate ?? [], "--lines") ?? `${DEFAULT_FOLDER}/lines.sock`,
    begin: after(gate ?? [], "--begin") ?? `${DEFAULT_FOLDER}/begin.sock`,
    configurations: [...new Set(relays.map((words) => after(words, "-f") ?? DEFAULT_CONFIGURATION))],
  };
}

/** Whether somebody listens on a unix socket: the file may be left behind by a killed process. */
export function isListening(path: string): boolean {
  try {
    const sockets = readFileSync("/proc/net/unix", "utf8").split("\n");
    // Only a listening socket has these flags (__SO_ACCEPTCON).
    return sockets.some((line) => line.endsWith(` ${path}`) && line.split(" ")[3] === "00010000");
  } catch {
    return false;
  }
}

function commandLines(): string[][] {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")];
    } catch {
      return [];
    }
  });
}

function after(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words[at + 1];
}
