import type { Command } from "./command.ts";
import type { CommandDescription } from "./described-command.ts";
import type { FleetSettings } from "./fleet/fleet-settings.ts";
import { RUN, runCommand } from "./fleet/run-command.ts";
import { RUNS, runsCommand } from "./fleet/runs-command.ts";
import { STOP, stopCommand } from "./fleet/stop-command.ts";
import { KEEP, keepCommand, RELEASE, releaseCommand } from "./keeping/keep-command.ts";
import { PRUNE, pruneCommand } from "./keeping/prune-command.ts";
import { RM, rmCommand } from "./keeping/rm-command.ts";
import { USAGE, usageCommand } from "./keeping/usage-command.ts";
import { LOGIN, type LoginSettings, loginCommand } from "./login/login-command.ts";
import { LOGOUT, logoutCommand } from "./login/logout-command.ts";
import { TOKENS, tokensCommand } from "./login/tokens-command.ts";
import { DIFF, diffCommand } from "./reading/diff-command.ts";
import { FOLD, foldCommand } from "./reading/fold-command.ts";
import { GET, getCommand } from "./reading/get-command.ts";
import { GREP, grepCommand } from "./reading/grep-command.ts";
import { LS, lsCommand } from "./reading/ls-command.ts";
import { OPEN, openCommand } from "./reading/open-command.ts";
import { SHOW, showCommand } from "./reading/show-command.ts";
import { TAIL, tailCommand } from "./reading/tail-command.ts";
import { WAIT, waitCommand } from "./reading/wait-command.ts";
import { SHARE, shareCommand, UNSHARE, unshareCommand } from "./sharing/share-command.ts";

/** A command that asks a collector, with the description that its completion is made of. */
export interface RemoteCommand {
  readonly description: CommandDescription;
  readonly command: Command;
}

/** All commands that ask a collector, in the order of the overview. */
export function remoteCommands(settings: LoginSettings & FleetSettings): readonly RemoteCommand[] {
  return [
    { description: LOGIN, command: loginCommand(settings) },
    { description: LOGOUT, command: logoutCommand(settings) },
    { description: LS, command: lsCommand(settings) },
    { description: SHOW, command: showCommand(settings) },
    { description: TAIL, command: tailCommand(settings) },
    { description: GREP, command: grepCommand(settings) },
    { description: FOLD, command: foldCommand(settings) },
    { description: DIFF, command: diffCommand(settings) },
    { description: WAIT, command: waitCommand(settings) },
    { description: OPEN, command: openCommand(settings) },
    { description: GET, command: getCommand(settings) },
    { description: RUN, command: runCommand(settings) },
    { description: RUNS, command: runsCommand(settings) },
    { description: STOP, command: stopCommand(settings) },
    { description: KEEP, command: keepCommand(settings) },
    { description: RELEASE, command: releaseCommand(settings) },
    { description: RM, command: rmCommand(settings) },
    { description: PRUNE, command: pruneCommand(settings) },
    { description: USAGE, command: usageCommand(settings) },
    { description: SHARE, command: shareCommand(settings) },
    { description: UNSHARE, command: unshareCommand(settings) },
    { description: TOKENS, command: tokensCommand(settings) },
  ];
}
