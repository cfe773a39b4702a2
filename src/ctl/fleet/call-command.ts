import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { type CallView, parseCallView } from "../../wire/fleet/call.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import { parseServicesView, type ServicesView } from "../../wire/fleet/services-view.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { parseJson } from "../../wire/record.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { ORDER_OPTIONS } from "./run-options.ts";
import { signOrder } from "./sign-order.ts";

const NOT_FINISHED_CODE = 125;
const STDIN = 0;

export const CALL: CommandDescription = {
  name: "call",
  summary: "call a service that nodes of the fleet offer",
  operands: "[NAME [JSON]]",
  operandCount: [0, 2],
  about: `Signs a call with your SSH key and sends it to one node that offers the service: any, or that of --node. The service gets the
JSON on its input (-: this command's input), and what it prints is printed here. It runs at most once; a call that failed, or whose
node fell silent, goes to no other node by itself. Without a NAME it lists the services and their nodes.

  mlctl call tools/convert '{"file":"a.png"}'
  mlctl call hello --node gpu7 - < request.json`,
  options: {
    node: { value: "NODE", help: "on this node" },
    key: ORDER_OPTIONS.key,
    json: { help: "an object of JSON: run, node, state, why, text, code, output" },
  },
  exitCodes: "Exit code: 0 if the service ended with 0; its exit code if that is another; 125 if it did not end.",
};

const WORDS: Readonly<Record<Exclude<CallView["state"], "finished">, string>> = {
  failed: "the service has failed",
  refused: "refuses the call",
  expired: "got the call too late, and did not begin",
  cancelled: "was told not to begin",
  absent: "is absent",
  unknown: "lost the service: nobody can say whether it ended",
  silent: "has not answered in time: the service may have run",
};

/** `mlctl call`. */
export function callCommand(settings: FleetSettings): Command {
  return describedCommand(CALL, async (options, io) => {
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const offered = await collector.json({ path: "/services" }, parseServicesView);
    const output = new Output(io);
    const [service, word = ""] = options.operands;
    if (service === undefined) return list(offered, output, options.has("json"));
    const input = word === "-" ? readFileSync(STDIN, "utf8") : word;
    if (input !== "" && parseJson(input) === undefined) throw new UsageError("expected JSON after the service's name");
    const node = nodeFor(service, { offered, wanted: options.text("node") });
    const issued = settings.nowMs();
    const order: OrderOf<"call"> = {
      v: 1,
      kind: "call",
      fleet: offered.id,
      run: makeExecutionId(issued, randomBytes(ULID_RANDOM_BYTES)),
      user: account.user,
      nodes: [node],
      issued,
      expires: issued + FLEET_LIMITS.maxAskLifeMs,
      via: "ssh",
      service,
      input,
    };
    const signed = await signOrder(order, { key: options.text("key"), sshFolder: settings.sshFolder });
    const call = await collector.json({ method: "POST", path: "/calls", body: signed }, parseCallView);
    if (options.has("json")) await output.json(call);
    else if (call.output !== "") await output.line(call.output);
    if (call.state === "finished") return 0;
    const reason = reasonWords(call);
    note(io, `${node}: ${WORDS[call.state]}${reason === "" ? "" : `: ${reason}`}`);
    return call.state === "failed" && call.code !== null && call.code > 0 ? call.code : NOT_FINISHED_CODE;
  });
}

/** One that has it: any of them, so that many callers spread. */
function nodeFor(
  service: string,
  { offered, wanted }: { readonly offered: ServicesView; readonly wanted: string | undefined },
): string {
  const nodes = offered.services.find(({ name }) => name === service)?.nodes ?? [];
  if (nodes.length === 0)
    throw new CtlError(`No node that is there offers ${service}: \`mlctl call\` lists all services`);
  if (wanted === undefined) return nodes[randomInt(nodes.length)] ?? "";
  if (!nodes.includes(wanted)) throw new CtlError(`${wanted} does not offer ${service}: ${nodes.join(", ")} do`);
  return wanted;
}

async function list({ services }: ServicesView, output: Output, isJson: boolean): Promise<number> {
  if (isJson) for (const each of services) await output.json(each);
  else
    await printTable(output, services, [
      { title: "SERVICE", cell: ({ name }) => name },
      { title: "NODES", cell: ({ nodes }) => nodes.join(",") },
    ]);
  return 0;
}
