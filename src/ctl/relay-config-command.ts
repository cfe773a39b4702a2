import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { FIELDS, isLoopback } from "../host/config-fields.ts";
import { type Command, CtlError, UsageError } from "./command.ts";
import { relayConfig } from "./relay-config.ts";

const HELP = `Usage: mlctl relay-config --collector HOST:PORT --node NAME (--pki DIR | --insecure) [options]

Prints the whole configuration of this node's relay (an rsyslogd) to stdout.

  --collector HOST:PORT  where the collector listens for relays; HOST must be a name in its certificate
  --node NAME            this node's name, as in \`mlctl pki issue NAME\`
  --pki DIR              folder with ca.crt, NAME.crt and NAME.key on this node
  --run-dir DIR          folder of begin.sock and lines.sock (default /run/marcologger)
  --state-dir DIR        folder of the queue's files (default /var/lib/marcologger-relay)
  --drop-in              a file for /etc/rsyslog.d of the site's own rsyslogd, instead of one for a dedicated rsyslogd
  --insecure             without TLS, to a collector on this machine only: for trials and benchmarks

A dedicated relay runs with it like this:
  mlctl relay-config ... > relay.conf && rsyslogd -n -f relay.conf -i NONE
`;

/** `mlctl relay-config`. @param folder rsyslog.d of this installation. */
export function relayConfigCommand(folder: string): Command {
  return {
    summary: "print the configuration of a node's relay",
    help: HELP,
    async run(args, io) {
      const { values } = parseArgs({
        args: [...args],
        options: {
          collector: { type: "string" },
          node: { type: "string" },
          pki: { type: "string" },
          "run-dir": { type: "string", default: "/run/marcologger" },
          "state-dir": { type: "string", default: "/var/lib/marcologger-relay" },
          "drop-in": { type: "boolean", default: false },
          insecure: { type: "boolean", default: false },
        },
      });
      const { node, insecure } = values;
      const pki = values.pki === undefined ? undefined : resolve(io.cwd, values.pki);
      const collector = parseCollector(values.collector);
      if (node === undefined) throw new UsageError("--node is missing");
      if (pki === undefined && !insecure) throw new UsageError("--pki is missing (or --insecure, for trials)");
      if (pki !== undefined && insecure) throw new UsageError("--pki and --insecure contradict each other");
      if (insecure && !isLoopback(collector.host)) {
        throw new UsageError(`--insecure is for a collector on this machine, not for ${collector.host}`);
      }
      const text = await relayConfig(
        {
          form: values["drop-in"] ? "drop-in" : "dedicated",
          collector,
          runDir: resolve(io.cwd, values["run-dir"]),
          stateDir: resolve(io.cwd, values["state-dir"]),
          pki,
          node,
        },
        folder,
      );
      if (pki !== undefined) await requireCertificates(pki, node);
      else io.stderr.write("mlctl relay-config: WITHOUT TLS: any user of this machine can pose as the collector\n");
      io.stdout.write(text);
    },
  };
}

function parseCollector(text: string | undefined): { host: string; port: number } {
  if (text === undefined) throw new UsageError("--collector is missing");
  const address = FIELDS.address.parse(text);
  if (address !== undefined && address.port > 0) return address;
  throw new UsageError(`--collector must be ${FIELDS.address.expected}, not ${JSON.stringify(text)}`);
}

/** rsyslogd itself would say so in a message that few understand. Whether it may read them is not known here. */
async function requireCertificates(pki: string, node: string): Promise<void> {
  for (const name of ["ca.crt", `${node}.crt`, `${node}.key`]) {
    try {
      await stat(join(pki, name));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) return;
      const remedy = `\`mlctl pki issue ${node} --dir DIR\` makes it where the authority is`;
      throw new CtlError(`Cannot find ${join(pki, name)}: ${remedy}`);
    }
  }
}
