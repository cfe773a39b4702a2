import { readFileSync } from "node:fs";
import { safeText } from "../../host/safe-text.ts";
import { parseJson } from "../../wire/record.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { callService } from "./call-service.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { ORDER_OPTIONS } from "./run-options.ts";

const NOT_FINISHED_CODE = 125;
const STDIN = 0;

export const CALL: CommandDescription = {
  name: "call",
  summary: "call a service that nodes of the fleet offer",
  operands: "NAME [JSON]",
  operandCount: [1, 2],
  about: `Signs a call with your SSH key and sends it to one node that offers the service: any, or that of --node; where no node here
does, to one of a joined collector. The service gets the JSON on its input (-: this command's input), and what it prints is
printed here. It runs at most once; a call that failed, or whose node fell silent, goes to no other node by itself. \`mlctl services\`
lists what there is. What a running command has published (USER/NAME) takes no calls: a node that has a service of this name is
asked first, and without one the refusal says which execution it is.

  mlctl call tools/convert '{"file":"a.png"}'
  mlctl call hello --node gpu7 - < request.json`,
  options: {
    node: { value: "NODE", help: "on this node" },
    key: ORDER_OPTIONS.key,
    json: { help: "an object of JSON: run, node, state, why, text, code, output" },
  },
  exitCodes: "Exit code: 0 if the service ended with 0; its exit code if that is another; 125 if it did not end.",
};

/** `mlctl call`. */
export function callCommand(settings: FleetSettings): Command {
  return describedCommand(CALL, async (options, io) => {
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const output = new Output(io);
    const [service = "", word = ""] = options.operands;
    const input = word === "-" ? readFileSync(STDIN, "utf8") : word;
    if (input !== "" && parseJson(input) === undefined) throw new UsageError("expected JSON after the service's name");
    const { user } = account;
    const by = { collector, user, key: options.text("key"), settings };
    const { call, where, fault } = await callService({ ...by, service, input, node: options.text("node") });
    if (options.has("json")) await output.json(call);
    // In JSON, CR is only a blank.
    else if (call.output !== "") await output.line(safeText(call.output.replaceAll("\r", "")));
    if (call.state === "finished") return 0;
    note(io, `${where}: ${fault}`);
    return call.state === "failed" && call.code !== null && call.code > 0 ? call.code : NOT_FINISHED_CODE;
  });
}
