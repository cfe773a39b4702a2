import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { isMissing } from "../../host/is-missing.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { replaceFile } from "../replace-file.ts";
import { checkRelayArguments, requireCertificates } from "./relay-arguments.ts";
import { relayConfig } from "./relay-config.ts";

const HELP = `Usage: mlctl relay-config --collector HOST:PORT --node NAME (--pki DIR | --insecure) [options]

Writes the whole configuration of this node's relay (an rsyslogd) to FILE, or prints it to stdout.

  --collector HOST:PORT  where the collector listens for relays; HOST must be a name in its certificate
  --node NAME            this node's name, as in \`mlctl pki issue NAME\`
  --pki DIR              folder with ca.crt, NAME.crt and NAME.key on this node
  --out FILE             put it in the place of FILE in one step: when anything is wrong, FILE stays as it is; its owner
                         and mode stay, a new one is readable for everybody (it holds no secret)
  --run-dir DIR          folder of the gate's mlrun.sock (default /run/marcologger)
  --relay-dir DIR        folder of the relay's own sockets, which must exist (default /run/marcologger-relay)
  --gate-group GROUP     name or number of the group that the gate is in (default marcologger-gate)
  --state-dir DIR        folder of the queue and the journal (default /var/lib/marcologger-relay)
  --disk-space SIZE      what the queue may have on disk (default 1g); the journal holds as much, at most 5/4 of it
  --no-journal           keep no journal: what rsyslogd loses when it is killed, or stopped while the collector is
                         away, is lost; costs less for sites with single lines a frame
  --drop-in              a file for /etc/rsyslog.d of the site's own rsyslogd, instead of one for a dedicated rsyslogd
  --insecure             without TLS, to a collector on this machine only: for trials and benchmarks

A dedicated relay runs with it like this, and the gate in front of it:
  mlctl relay-config ... --out relay.conf && rsyslogd -n -f relay.conf -i NONE
  mlgate --listen RUN_DIR/mlrun.sock --lines RELAY_DIR/lines.sock --begin RELAY_DIR/begin.sock
`;

/** rsyslogd and the replay read it as the relay's user. */
const FILE_MODE = 0o644;

/** `mlctl relay-config`. @param folder rsyslog.d of this installation. */
export function relayConfigCommand(folder: string): Command {
  return {
    summary: "write the configuration of a node's relay",
    help: HELP,
    async run(args, io) {
      const { values } = parseArgs({
        args: [...args],
        options: {
          collector: { type: "string" },
          node: { type: "string" },
          pki: { type: "string" },
          out: { type: "string" },
          "run-dir": { type: "string", default: "/run/marcologger" },
          "relay-dir": { type: "string", default: "/run/marcologger-relay" },
          "gate-group": { type: "string", default: "marcologger-gate" },
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
          relayDir: resolve(io.cwd, values["relay-dir"]),
          gateGroup: values["gate-group"],
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
      if (values.out === undefined) io.stdout.write(text);
      else {
        const unit = values["drop-in"] ? "rsyslog" : "marcologger-relay";
        await writeConfig({ path: resolve(io.cwd, values.out), text, unit, io });
      }
    },
  };
}

interface NewConfig {
  readonly path: string;
  readonly text: string;
  /** The systemd unit that reads it. */
  readonly unit: string;
  readonly io: Io;
}

async function writeConfig({ path, text, unit, io }: NewConfig): Promise<void> {
  try {
    await replaceFile(await realPath(path), text, FILE_MODE);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new CtlError(`Cannot write ${path}: ${error.message}; the file is as it was`);
  }
  io.stderr.write(`Wrote ${path}: restart ${unit} to use it\n`);
}

/** The file that a link points to, so that the link itself stays. */
async function realPath(path: string): Promise<string> {
  return realpath(path).catch((error) => (isMissing(error) ? path : Promise.reject(error)));
}
