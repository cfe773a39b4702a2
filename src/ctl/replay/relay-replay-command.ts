import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { isMissing } from "../../host/is-missing.ts";
import { safeText } from "../../host/safe-text.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { withLock } from "../lock.ts";
import { parseDiskSpace } from "../relay/disk-space.ts";
import { checkRelayArguments, requireCertificates } from "../relay/relay-arguments.ts";
import { argumentsIn, REPLAY_OPTIONS } from "../relay/replay-arguments.ts";
import type { RelpTarget } from "./relp-client.ts";
import { replay } from "./replay.ts";

const HELP = `Usage: mlctl relay-replay --collector HOST:PORT --node NAME (--pki DIR | --insecure) [options]

Sends what earlier starts of this node's relay left in its journal, and removes what the collector acknowledges. Nothing
is stored twice. It waits for a collector that is away, and can be killed and started again at any time.
marcologger-replay.service runs it at each start of the relay.

  --collector HOST:PORT  as for \`mlctl relay-config\`
  --node NAME            this node's name
  --pki DIR              folder with ca.crt, NAME.crt and NAME.key on this node
  --state-dir DIR        the relay's folder (default /var/lib/marcologger-relay)
  --disk-space SIZE      as for relay-config (default 1g): 5/4 of it may wait, the oldest start's journal is given up first
  --insecure             without TLS, to a collector on this machine only
  --relay-config FILE    take all of this from a file that relay-config printed
`;

/** A full journal of the last start is always kept: it has five parts, each a quarter of the disk space. */
const KEPT_JOURNALS = 1.25;

/** `mlctl relay-replay`. */
export const relayReplayCommand: Command = {
  summary: "send the frames that earlier starts of a node's relay left in its journal",
  help: HELP,
  async run(args, io) {
    const options = { ...REPLAY_OPTIONS, "relay-config": { type: "string" } } as const;
    const { values: first, tokens } = parseArgs({ args: [...args], options, tokens: true });
    const file = first["relay-config"];
    if (file !== undefined && tokens.length > 1) throw new UsageError("--relay-config allows no other options");
    const printed = file === undefined ? args : await argumentsIn(resolve(io.cwd, file));
    const { values } = parseArgs({ args: [...printed], options: REPLAY_OPTIONS });
    const { collector, node, pki } = checkRelayArguments(values);
    const diskBytes = parseDiskSpace(values["disk-space"]);
    if (diskBytes === undefined) throw new UsageError("--disk-space is like 512m or 1g");
    const folder = resolve(io.cwd, values["state-dir"], "replay");
    const say = (text: string) => void io.stderr.write(`mlctl relay-replay: ${safeText(text)}\n`);
    const certificates = pki === undefined ? undefined : { folder: resolve(io.cwd, pki), node };
    const target = async (): Promise<RelpTarget> => ({ ...collector, tls: await certificatesOf(certificates) });
    const maxBytes = Math.ceil(diskBytes * KEPT_JOURNALS);
    if (!(await isThere(folder))) return;
    // Two processes would send everything twice, and each would remove files that the other is reading.
    const done = await withLock(folder, () => replay({ folder, target, maxBytes, say, pause }));
    const { frames, skippedLines, droppedBytes, settledBytes } = done;
    if (frames + skippedLines + droppedBytes + settledBytes === 0) return;
    const others = `${skippedLines} lines skipped, ${droppedBytes} bytes given up`;
    say(`${frames} frames sent; ${settledBytes} bytes were there already, ${others}`);
  },
};

async function certificatesOf(place: { folder: string; node: string } | undefined): Promise<RelpTarget["tls"]> {
  if (place === undefined) return undefined;
  await requireCertificates(place.folder, place.node);
  const files = ["ca.crt", `${place.node}.crt`, `${place.node}.key`].map((name) => join(place.folder, name));
  try {
    const [ca, cert, key] = await Promise.all(files.map((file) => readFile(file)));
    // Throws if they are not certificates, or the key belongs to another.
    createSecureContext({ ca, cert, key });
    return { ca, cert, key };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CtlError(`Cannot use ${files.join(", ")}: ${why}. \`mlctl pki issue ${place.node}\` makes them anew`);
  }
}

/** Whether earlier starts of a relay with a journal left anything. Its unit creates the folder, for its own user. */
async function isThere(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw new CtlError(`Cannot use ${folder}: ${error instanceof Error ? error.message : error}`);
  }
}
