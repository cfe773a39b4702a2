import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunningProcess, run, start } from "./processes.ts";
import { program, ROOT } from "./programs.ts";

/** Runs the commands that marcologger-relay.service runs before each start of the relay, taken from the unit. */
export async function adoptJournal(stateDir: string): Promise<void> {
  const unit = await readFile(join(ROOT, "systemd/marcologger-relay.service"), "utf8");
  const [, words] = /^ExecStartPre=-\/bin\/sh -c '(.*)'$/m.exec(unit) ?? [];
  if (words === undefined) throw new Error("The relay's unit has no ExecStartPre");
  const script = words.replaceAll("$$", "$").replaceAll("%%", "%");
  // systemd creates the folder before; here rsyslogd does, at its first start.
  if (!existsSync(stateDir)) return;
  const { code, stderr } = await run("/bin/sh", ["-c", script], { env: { ...process.env, STATE_DIRECTORY: stateDir } });
  if (code !== 0) throw new Error(`The relay's ExecStartPre ended with ${code}: ${stderr}`);
}

/** Starts what marcologger-replay.service starts, for the relay of this configuration file. */
export function startReplay(configFile: string): RunningProcess {
  const [command, ...args] = program("mlctl", "relay-replay", "--relay-config", configFile);
  return start(command, args);
}

/** Folders of earlier starts that wait to be sent. */
export function waitingReplays(stateDir: string): Promise<string[]> {
  return readdir(join(stateDir, "replay")).catch(() => []);
}
