import { createHash, randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { safeText } from "../../host/safe-text.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import type { FleetSettings } from "../fleet/fleet-settings.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { Bot } from "./bot.ts";
import { readBotFile } from "./bot-file.ts";
import { BotFleet } from "./bot-fleet.ts";
import { BurnedTokens } from "./burned-tokens.ts";
import { ChatCommands } from "./chat-commands.ts";
import { RunReports } from "./run-reports.ts";

/** A guess has a chance of one in 2 ** 128. */
const TOKEN_BYTES = 16;

export const BOT: CommandDescription = {
  name: "bot",
  summary: "take commands from an IRC channel, and report there how runs end",
  operands: "",
  operandCount: [0, 0],
  about: `Joins the channel of bot.toml, as the account that mlctl is signed in with, and signs with its key: give it an account of its own.
Each user proves who they are with a token of their own: /msg BOT login TOKEN, while in the channel. It starts what bot.toml
has under [runs], and calls its services, and nothing else that anybody types. !help in the channel lists the rest.

  server = "irc.example.org:6697"      # TLS, with its certificate checked; ca = FILE names another authority
  channel = "#ops"                     # also: nick, password, channel-key; tls = false for a server on this machine
  services = ["tools/convert"]         # what may be called
  [users.alice]
  token = "sha256:..."                 # mlctl bot --new-token
  may = ["look", "ask", "run", "stop", "call"]
  [runs.restart]                       # a line of mlctl runs --export, as TOML
  nodes = "web[1-4]"
  argv = ["./restart.sh"]`,
  options: {
    config: { value: "FILE", help: "instead of bot.toml beside login.json (~/.config/marcologger)" },
    key: { value: "FILE", help: "sign with this key, or with the agent's whose public half this is" },
    "new-token": { help: "print a new token for a user, and its line for bot.toml" },
  },
};

/** `mlctl bot`. */
export function botCommand(settings: FleetSettings): Command {
  return describedCommand(BOT, async (options, io) => {
    const output = new Output(io);
    if (options.has("new-token")) {
      const token = randomBytes(TOKEN_BYTES).toString("base64url");
      const digest = createHash("sha256").update(token).digest("hex");
      await output.line(`for the user:  ${token}\nfor bot.toml:  token = "sha256:${digest}"`);
      return 0;
    }
    const path = resolve(io.cwd, options.text("config") ?? join(settings.configFolder, "bot.toml"));
    const file = readBotFile(path);
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const log = (text: string): void => void io.stderr.write(`mlctl bot: ${safeText(text)}\n`);
    const reports = new RunReports({ collector, owner: account.user, log, say: (text) => bot.say(text) });
    const fleet = new BotFleet({ collector, user: account.user, key: options.text("key"), settings });
    const bot = new Bot({
      file,
      burned: new BurnedTokens(join(settings.stateFolder, "bot-burned")),
      commands: new ChatCommands({ file, fleet, reports, url: account.url }),
      url: account.url,
      log,
      nowMs: () => performance.now(),
      after: (act, afterMs) => {
        const timer = setTimeout(act, afterMs);
        return () => clearTimeout(timer);
      },
    });
    // Fails if the collector is away: the service is started again.
    await reports.resume();
    bot.start();
    await new Promise<void>((ended) => {
      const release = settings.onInterrupt(() => {
        release();
        ended();
      });
    });
    reports.close();
    bot.close();
    return 0;
  });
}
