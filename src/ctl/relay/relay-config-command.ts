import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { checkRelayArguments, requireCertificates } from "./relay-arguments.ts";
import { relayConfig } from "./relay-config.ts";

const HELP = `Usage: mlctl relay-config --collector HOST:PORT --node NAME (--pki DIR | --insecure) [options]

Prints the whole configuration of this node's relay (an rsyslogd) to stdout.

  --collector HOST:PORT  where the collector listens for relays; HOST must be a name in its certificate
  --node NAME            this node's name, as in \`mlctl pki issue NAME\`
  --pki DIR              folder with ca.crt, NAME.crt and NAME.key on this node
  --run-dir DIR          folder of begin.sock and lines.sock (default /run/marcologger)
  --state-dir DIR        folder of the queue and the journal (default /var/lib/marcologger-relay)
  --disk-space SIZE      what the queue may have on disk (default 1g); the journal holds as much, at most 5/4 of it
  --no-journal           keep no journal: what rsyslogd loses when it is killed, or stopped while the collector is
                         away, is lost; costs less for sites with single lines a frame
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
          "disk-space": { type: "string", default: "1g" },
          "no-journal": { type: "boolean", default: false },
          insecure: { type: "boolean", default: false },
        },
      });
      const { collector, node, pki: given } = checkRelayArguments(values);
      const pki = given === undefined ? undefined : resolve(io.cwd, given);
      const text = await relayConfig(
        {
          form: values["drop-in"] ? "drop-in" : "dedicated",
          collector,
          runDir: resolve(io.cwd, values["run-dir"]),
          stateDir: resolve(io.cwd, values["state-dir"]),
          pki,
          node,
          diskSpace: values["disk-space"],
          journal: !values["no-journal"],
        },
        folder,
      );
      if (pki !== undefined) await requireCertificates(pki, node);
      else io.stderr.write("mlctl relay-config: WITHOUT TLS: any user of this machine can pose as the collector\n");
      io.stdout.write(text);
    },
  };
}
