import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Environment, setting } from "../run/command/surroundings.ts";
import { isOutOfReach, type SpoolPlaces } from "../run/spool/spool-folder.ts";
import { ACCOUNT_FILE } from "../wire/account.ts";
import { warn } from "./mlrun-say.ts";

export const DEFAULT_RUN_DIR = "/run/marcologger";
const SETTINGS = "/etc/marcologger/mlrun.toml";
const SYSTEM_SPOOL = "/var/spool/marcologger";

/** The folder of the gate's socket. */
export function runFolder(asked: string | undefined, environment: Environment): string {
  return resolve(asked ?? reliable("MLRUN_RUN_DIR", environment, "mlrun.sock") ?? DEFAULT_RUN_DIR);
}

/** mlrun.toml. */
export function settingsFile(environment: Environment): string {
  return reliable("MLRUN_CONFIG", environment) ?? SETTINGS;
}

/** Where `mlctl login` keeps its token. */
export function accountFile(environment: Environment): string {
  const settings = setting(environment, "XDG_CONFIG_HOME") ?? join(homeFolder(environment), ".config");
  return join(settings, "marcologger", ACCOUNT_FILE);
}

/** Where output waits for a relay. */
export function spoolPlaces(environment: Environment, node: string, runDir: string): SpoolPlaces {
  const state = setting(environment, "XDG_STATE_HOME") ?? join(homeFolder(environment), ".local/state");
  const home = join(state, "marcologger/spool", node);
  const chosen = setting(environment, "MLRUN_SPOOL_DIR");
  return {
    chosen: chosen === undefined ? undefined : resolve(chosen),
    system: SYSTEM_SPOOL,
    home,
    uid: process.geteuid?.() ?? 0,
    relay: chosen !== undefined || runDir === DEFAULT_RUN_DIR ? "" : encodeURIComponent(runDir),
  };
}

/** A user may have no home: neither HOME nor an entry in the user database. */
export function homeFolder(environment: Environment): string {
  try {
    return setting(environment, "HOME") ?? homedir();
  } catch {
    return "/nonexistent";
  }
}

/** The path in a variable, as `setting`; for root none where another user could put another file. */
function reliable(name: string, environment: Environment, file = ""): string | undefined {
  const path = setting(environment, name);
  if (path === undefined || isOutOfReach(resolve(path, file), process.geteuid?.() ?? 0)) return path;
  warn(`${name} is not used: another user owns a folder of ${path}`);
  return undefined;
}
