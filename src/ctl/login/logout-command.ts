import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { note, type RemoteSettings } from "../remote/session.ts";

export const LOGOUT: CommandDescription = {
  name: "logout",
  summary: "give the token back",
  operands: "",
  operandCount: [0, 0],
  about: "Ends the token of `mlctl login` at the collector, and removes it here.",
  options: {},
};

/** `mlctl logout`. */
export function logoutCommand({ configFolder }: RemoteSettings): Command {
  return describedCommand(LOGOUT, async (_options, io) => {
    const file = new AccountFile(configFolder);
    const account = file.find();
    if (account === undefined) {
      note(io, "you are not signed in");
      return 0;
    }
    try {
      (await new Collector(account).send({ method: "POST", path: "/logout", body: {} })).resume();
    } finally {
      // Here it is gone in any case; an unreachable collector lets it end by itself.
      file.remove();
    }
    return 0;
  });
}
