import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeSignerKey } from "../../orders/signer-key.ts";
import { FLEET_CERTIFICATES, isFleetCertificate } from "../../wire/fleet-names.ts";
import { NODE_NAME_RULE } from "../../wire/node-name.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { parseHost, parseHostName, parseNodeName } from "../host-name.ts";
import { initPki, issueCertificate } from "./pki.ts";
import { recorded } from "./pki-audit.ts";
import { Authority } from "./pki-authority.ts";
import { makeFleetCertificates } from "./pki-fleet.ts";
import { certificateTable } from "./pki-list.ts";
import { renewCertificate, revokeNode } from "./pki-renew.ts";

const HELP = `Usage: mlctl pki init --dir DIR [--name HOST]...
       mlctl pki issue NODE --dir DIR
       mlctl pki list --dir DIR
       mlctl pki revoke NODE --dir DIR
       mlctl pki renew NODE --dir DIR
       mlctl pki renew collector --dir DIR [--name HOST]...
       mlctl pki fleet --dir DIR [--name HOST]...
       mlctl pki signer FILE

init    makes a private authority and the collector's certificate: ca.crt, ca.key, ca.crl, collector.crt,
        collector.key, and issued/, openssl's books of them.
        --name says by which host names and addresses relays reach the collector, and may be given several times;
        without it: localhost, 127.0.0.1 and this host's name.
issue   makes the certificate of a node: NODE.crt and NODE.key. NODE is what the collector calls the node: its host name
        or any other, but none of the collector's. Names that differ only in case are one.
list    prints every certificate that was issued: name, serial number, last day, days left, revoked or not.
revoke  puts a node's certificate on the list of revoked ones, ca.crl. The collector then ends the node's session and
        takes no other, until the node has a new certificate.
renew   makes a new key and certificate in the place of the old ones, and revokes the old. The collector keeps its names
        unless --name gives others.
fleet   makes the certificates of the fleet's broker and of the collector there, or replaces them: fleet-broker,
        fleet-control and fleet-system, each .crt and .key. The broker has the collector's names unless --name gives
        others. nodes.list, which every command here keeps, names the nodes that the broker admits. A node whose
        certificate is older than the fleet needs renew first.
signer  makes the key with which the collector's password checker signs orders of the viewer's users: FILE, which nobody
        else may read, and FILE.pub, for the file that nodes name as web-trust.

The collector needs ca.crt, ca.crl, collector.crt and collector.key, for the fleet also nodes.list and the fleet's, and
notices within seconds when one changes; a node needs ca.crt, NODE.crt and NODE.key. A relay reads them at each connection.
ca.key and issued/ stay where they are, and so does audit.log: who did what here, and when, as JSON lines.
`;

const DIR = { dir: { type: "string" } } as const;
const NAME = { name: { type: "string", multiple: true } } as const;

/** Their files would overwrite those of the authority and the collector. */
const RESERVED = ["ca", "collector"];

const ACTIONS: Readonly<Record<string, (args: readonly string[], io: Io) => Promise<void>>> = {
  init,
  issue,
  list,
  revoke,
  renew,
  fleet,
  signer,
};

/** `mlctl pki init`, `issue`, `list`, `revoke`, `renew`, `fleet` and `signer`. */
export const pkiCommand: Command = {
  summary: "make, list, renew and revoke certificates of the collector and of nodes",
  help: HELP,
  async run([name, ...args], io) {
    const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (action === undefined) throw new UsageError(`expected one of ${Object.keys(ACTIONS).join(", ")}`);
    await action(args, io);
  },
};

async function init(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { ...DIR, ...NAME } });
  const folder = requiredFolder(values.dir, io);
  const ownName = parseHostName(hostname());
  const names = hosts(values.name) ?? ["localhost", "127.0.0.1", ...(ownName === undefined ? [] : [ownName])];
  await recorded({ action: "init", name: "collector", folder, io }, async () => {
    await initPki(folder, [...new Set(names)]);
    return [];
  });
  io.stderr.write(`Wrote ca.crt, ca.key, ca.crl, collector.crt and collector.key (${names.join(", ")}) to ${folder}\n`);
}

async function issue(args: readonly string[], io: Io): Promise<void> {
  const { node, folder } = nodeAndFolder(args, io);
  await recorded({ action: "issue", name: node, folder, io }, async () => {
    await issueCertificate(folder, node);
    return [];
  });
  io.stderr.write(`Wrote ${node}.crt and ${node}.key to ${folder}\n`);
}

async function list(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: DIR });
  const certificates = await Authority.open(requiredFolder(values.dir, io), (authority) => authority.issued());
  io.stdout.write(certificateTable(certificates, Date.now()));
}

async function revoke(args: readonly string[], io: Io): Promise<void> {
  const { node, folder } = nodeAndFolder(args, io);
  const serials = await recorded({ action: "revoke", name: node, folder, io }, () => revokeNode(folder, node));
  const done = serials.length === 0 ? `${node} was revoked before` : `Revoked ${node}, serial ${serials.join(", ")}`;
  io.stderr.write(`${done}: see ${folder}/ca.crl\n`);
}

async function renew(args: readonly string[], io: Io): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { ...DIR, ...NAME },
    allowPositionals: true,
  });
  const isCollector = positionals.length === 1 && positionals[0] === "collector";
  if (!isCollector && values.name !== undefined) throw new UsageError("--name is for the collector");
  const asked = isCollector ? "collector" : parseNode(positionals);
  const folder = requiredFolder(values.dir, io);
  const names = hosts(values.name);
  let name = asked;
  const serials = await recorded({ action: "renew", name: asked, folder, io }, async () => {
    const renewed = await renewCertificate(folder, asked, { names });
    name = renewed.name;
    return renewed.revoked;
  });
  const old = serials.length === 0 ? "" : `; revoked serial ${serials.join(", ")}`;
  const next = isCollector ? "" : `. Copy both to ${name}: the collector no longer accepts the old ones`;
  io.stderr.write(`Wrote ${name}.crt and ${name}.key to ${folder}${old}${next}\n`);
}

async function fleet(args: readonly string[], io: Io): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { ...DIR, ...NAME } });
  const folder = requiredFolder(values.dir, io);
  const act = () => makeFleetCertificates(folder, hosts(values.name));
  const revoked = await recorded({ action: "fleet", name: "fleet", folder, io }, act);
  const old = revoked.length === 0 ? "" : `; revoked serial ${revoked.join(", ")}`;
  io.stderr.write(`Wrote ${Object.values(FLEET_CERTIFICATES).join(", ")} (.crt, .key) to ${folder}${old}\n`);
}

async function signer(args: readonly string[], io: Io): Promise<void> {
  const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new UsageError("expected one file");
  const file = resolve(io.cwd, name);
  try {
    makeSignerKey(file);
  } catch (error) {
    throw new CtlError(`Cannot write ${file}: ${error instanceof Error ? error.message : error}`);
  }
  io.stderr.write(`Wrote ${file} and ${file}.pub\n`);
}

function nodeAndFolder(args: readonly string[], io: Io): { node: string; folder: string } {
  const { values, positionals } = parseArgs({ args: [...args], options: DIR, allowPositionals: true });
  return { node: parseNode(positionals), folder: requiredFolder(values.dir, io) };
}

function parseNode(positionals: readonly string[]): string {
  const [text, ...more] = positionals;
  if (text === undefined || more.length > 0) throw new UsageError("expected the name of one node");
  const node = parseNodeName(text);
  if (node === undefined) throw new UsageError(`a node cannot be called ${JSON.stringify(text)}: ${NODE_NAME_RULE}`);
  if (RESERVED.includes(node.toLowerCase()) || isFleetCertificate(node))
    throw new UsageError(`a node cannot be called ${node}: its files would be the authority's or the collector's`);
  return node;
}

function hosts(names: readonly string[] | undefined): readonly string[] | undefined {
  for (const name of names ?? []) {
    if (parseHost(name) === undefined) throw new UsageError(`${JSON.stringify(name)} is not a host name or IP address`);
  }
  return names;
}

function requiredFolder(dir: string | undefined, io: Io): string {
  if (dir === undefined || dir === "") throw new UsageError("--dir is missing");
  return resolve(io.cwd, dir);
}
