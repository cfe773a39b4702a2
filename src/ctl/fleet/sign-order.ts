import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeOrder, type Order } from "../../wire/fleet/order.ts";
import { partsOf } from "../../wire/fleet/order-parts.ts";
import { encodeSignedOrder, NAMESPACE_OF, type SignedOrder } from "../../wire/fleet/signed-order.ts";
import { CtlError } from "../command.ts";

/** Tried in this order where nobody names a key. */
const USUAL_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];
const MAX_OUTPUT_BYTES = 1_048_576;

export interface SignerOptions {
  /** File of the key, or of its public half if an agent holds it; undefined: the usual ones, then the agent's first. */
  readonly key: string | undefined;
  /** `~/.ssh`. */
  readonly sshFolder: string;
}

/** Splits an order that names more nodes than fit into a message, and signs each part. */
export async function signParts(order: Order, options: SignerOptions): Promise<readonly SignedOrder[]> {
  const signed: SignedOrder[] = [];
  // One after another: each may ask for a passphrase.
  for (const part of partsOf(order)) signed.push(await signOrder(part, options));
  return signed;
}

/** Signs an order with the user's SSH key, through ssh-keygen, which asks for a passphrase or the agent by itself. */
export async function signOrder(order: Order, { key, sshFolder }: SignerOptions): Promise<SignedOrder> {
  const text = encodeOrder(order);
  const file = key ?? USUAL_KEYS.map((name) => join(sshFolder, name)).find((path) => existsSync(path));
  const sig = file === undefined ? await signWithAgent(text) : await signWithFile(text, file);
  const signed = { order: text, sig };
  // Throws where it is too long for the broker, before anybody stores it.
  encodeSignedOrder(signed);
  return signed;
}

async function signWithAgent(text: string): Promise<string> {
  const { stdout } = await run("ssh-add", ["-L"], "");
  const [first = ""] = stdout.split("\n");
  if (!/^(ssh|ecdsa)-/.test(first))
    throw new CtlError("There is no SSH key to sign with: `ssh-keygen -t ed25519` makes one, --key FILE names another");
  const folder = mkdtempSync(join(tmpdir(), "mlctl-"));
  try {
    const file = join(folder, "agent.pub");
    writeFileSync(file, `${first}\n`);
    return await signWithFile(text, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function signWithFile(text: string, file: string): Promise<string> {
  const { stdout, stderr, code } = await run("ssh-keygen", ["-Y", "sign", "-n", NAMESPACE_OF.ssh, "-f", file], text);
  if (code === 0 && stdout !== "") return stdout;
  throw new CtlError(`Cannot sign with ${file}: ${stderr.trim() || `ssh-keygen ended with ${code}`}`);
}

function run(
  command: string,
  args: readonly string[],
  input: string,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (part: string) => {
        if (said[name].length < MAX_OUTPUT_BYTES) said[name] += part;
      });
    }
    child.once("error", (error) => reject(new CtlError(`Cannot run ${command}: ${error.message}`)));
    child.once("close", (code) => resolve({ ...said, code }));
    child.stdin.on("error", () => undefined).end(input);
  });
}
