import type { Command } from "./command.ts";
import type { CommandDescription } from "./described-command.ts";
import type { FleetSettings } from "./fleet/fleet-settings.ts";
import type { LoginSettings } from "./login/login-command.ts";

/** A command that asks a collector, with the description that its completion is made of. */
interface RemoteCommand {
  readonly description: CommandDescription;
  readonly command: Command;
}

/** Loads a command with its modules, so that only the called one costs time. */
export type LoadRemoteCommand = () => Promise<RemoteCommand>;

/** All commands that ask a collector, in the order of the overview. */
export function remoteCommands(settings: LoginSettings & FleetSettings): Readonly<Record<string, LoadRemoteCommand>> {
  return {
    login: async () => {
      const { LOGIN, loginCommand } = await import("./login/login-command.ts");
      return { description: LOGIN, command: loginCommand(settings) };
    },
    logout: async () => {
      const { LOGOUT, logoutCommand } = await import("./login/logout-command.ts");
      return { description: LOGOUT, command: logoutCommand(settings) };
    },
    ls: async () => {
      const { LS, lsCommand } = await import("./reading/ls-command.ts");
      return { description: LS, command: lsCommand(settings) };
    },
    show: async () => {
      const { SHOW, showCommand } = await import("./reading/show-command.ts");
      return { description: SHOW, command: showCommand(settings) };
    },
    tail: async () => {
      const { TAIL, tailCommand } = await import("./reading/tail-command.ts");
      return { description: TAIL, command: tailCommand(settings) };
    },
    grep: async () => {
      const { GREP, grepCommand } = await import("./reading/grep-command.ts");
      return { description: GREP, command: grepCommand(settings) };
    },
    fold: async () => {
      const { FOLD, foldCommand } = await import("./reading/fold-command.ts");
      return { description: FOLD, command: foldCommand(settings) };
    },
    diff: async () => {
      const { DIFF, diffCommand } = await import("./reading/diff-command.ts");
      return { description: DIFF, command: diffCommand(settings) };
    },
    wait: async () => {
      const { WAIT, waitCommand } = await import("./reading/wait-command.ts");
      return { description: WAIT, command: waitCommand(settings) };
    },
    open: async () => {
      const { OPEN, openCommand } = await import("./reading/open-command.ts");
      return { description: OPEN, command: openCommand(settings) };
    },
    nodes: async () => {
      const { NODES, nodesCommand } = await import("./reading/nodes-command.ts");
      return { description: NODES, command: nodesCommand(settings) };
    },
    get: async () => {
      const { GET, getCommand } = await import("./reading/get-command.ts");
      return { description: GET, command: getCommand(settings) };
    },
    run: async () => {
      const [{ RUN }, { runCommand }] = await Promise.all([
        import("./fleet/run-options.ts"),
        import("./fleet/run-command.ts"),
      ]);
      return { description: RUN, command: runCommand(settings) };
    },
    ask: async () => {
      const { ASK, askCommand } = await import("./fleet/ask-command.ts");
      return { description: ASK, command: askCommand(settings) };
    },
    bot: async () => {
      const { BOT, botCommand } = await import("./bot/bot-command.ts");
      return { description: BOT, command: botCommand(settings) };
    },
    services: async () => {
      const { SERVICES, servicesCommand } = await import("./fleet/services-command.ts");
      return { description: SERVICES, command: servicesCommand(settings) };
    },
    call: async () => {
      const { CALL, callCommand } = await import("./fleet/call-command.ts");
      return { description: CALL, command: callCommand(settings) };
    },
    put: async () => {
      const { PUT, putCommand } = await import("./fleet/put-command.ts");
      return { description: PUT, command: putCommand(settings) };
    },
    deploy: async () => {
      const { DEPLOY, deployCommand } = await import("./fleet/deploy-command.ts");
      return { description: DEPLOY, command: deployCommand(settings) };
    },
    runs: async () => {
      const { RUNS, runsCommand } = await import("./fleet/runs-command.ts");
      return { description: RUNS, command: runsCommand(settings) };
    },
    continue: async () => {
      const { CONTINUE, continueCommand } = await import("./fleet/continue-command.ts");
      return { description: CONTINUE, command: continueCommand(settings) };
    },
    stop: async () => {
      const { STOP, stopCommand } = await import("./fleet/stop-command.ts");
      return { description: STOP, command: stopCommand(settings) };
    },
    keep: async () => {
      const { KEEP, keepCommand } = await import("./keeping/keep-command.ts");
      return { description: KEEP, command: keepCommand(settings) };
    },
    release: async () => {
      const { RELEASE, releaseCommand } = await import("./keeping/keep-command.ts");
      return { description: RELEASE, command: releaseCommand(settings) };
    },
    rm: async () => {
      const { RM, rmCommand } = await import("./keeping/rm-command.ts");
      return { description: RM, command: rmCommand(settings) };
    },
    prune: async () => {
      const { PRUNE, pruneCommand } = await import("./keeping/prune-command.ts");
      return { description: PRUNE, command: pruneCommand(settings) };
    },
    usage: async () => {
      const { USAGE, usageCommand } = await import("./keeping/usage-command.ts");
      return { description: USAGE, command: usageCommand(settings) };
    },
    share: async () => {
      const { SHARE, shareCommand } = await import("./sharing/share-command.ts");
      return { description: SHARE, command: shareCommand(settings) };
    },
    unshare: async () => {
      const { UNSHARE, unshareCommand } = await import("./sharing/share-command.ts");
      return { description: UNSHARE, command: unshareCommand(settings) };
    },
    tokens: async () => {
      const { TOKENS, tokensCommand } = await import("./login/tokens-command.ts");
      return { description: TOKENS, command: tokensCommand(settings) };
    },
  };
}
