import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Command, type Io, UsageError } from "./command.ts";
import { parseHost, parseHostName } from "./host-name.ts";
import { initPki, issueCertificate } from "./pki.ts";

const HELP = `Usage: mlctl pki init --dir DIR [--name HOST]...
       mlctl pki issue NODE --dir DIR

init   makes a private authority and the collector's certificate: ca.crt, ca.key, collector.crt, collector.key.
       --name says by which host names and addresses relays reach the collector, and may be given several times;
       without it: localhost, 127.0.0.1 and this host's name.
issue  makes the certificate of a node: NODE.crt and NODE.key. Its name is what the collector calls the node.

The collector needs ca.crt, collector.crt and collector.key; a node ca.crt, NODE.crt and NODE.key. ca.key stays where
it is. Existing files are never overwritten.
`;

/** Their files would be those of the authority and the collector. */
const RESERVED = ["ca", "collector"];

const ACTIONS: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<void>>> = { init, issue };

/** `mlctl pki init` and `mlctl pki issue`. */
export const pkiCommand: Command = {
  summary: "make certificates for the collector and for nodes",
  help: HELP,
  async run([name, ...args], io) {
    const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) throw new UsageError(`expected ${Object.keys(ACTIONS).join(" or ")}`);
    await action(args, io);
  },
};

async function init(args: readonly string[], io: Io): Promise<void> {
  const options = { dir: { type: "string" }, name: { type: "string", multiple: true } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const folder = requiredFolder(values.dir, io);
  const ownName = parseHostName(hostname());
  const names = values.name ?? ["localhost", "127.0.0.1", ...(ownName === undefined ? [] : [ownName])];
  for (const name of names) {
    if (parseHost(name) === undefined) throw new UsageError(`${JSON.stringify(name)} is no host name or IP address`);
  }
  await initPki(folder, [...new Set(names)]);
  io.stderr.write(`Wrote ca.crt, ca.key, collector.crt and collector.key (${names.join(", ")}) to ${folder}\n`);
}

async function issue(args: readonly string[], io: Io): Promise<void> {
  const options = { dir: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new UsageError("expected the name of one node");
  const node = parseHostName(text);
  if (node === undefined) throw new UsageError(`${JSON.stringify(text)} is no host name`);
  if (RESERVED.includes(node)) throw new UsageError(`a node cannot be called ${node}: that file is not a node's`);
  const folder = requiredFolder(values.dir, io);
  await issueCertificate(folder, node);
  io.stderr.write(`Wrote ${node}.crt and ${node}.key to ${folder}\n`);
}

function requiredFolder(dir: string | undefined, io: Io): string {
  if (dir === undefined || dir === "") throw new UsageError("--dir is missing");
  return resolve(io.cwd, dir);
}
