import { PROVIDERS } from "../agent/ask/providers.ts";

/**
 * `mllook PROVIDER UID [ARG]...`: prints what a built-in provider sees, for the user who asks; a text where this machine has no
 * such thing. mlagent-root's own program: nobody else calls it.
 */
const [name = "", uid = "", ...args] = process.argv.slice(2);
const provider = PROVIDERS.get(name);
if (provider === undefined) process.exit(1);
try {
  process.stdout.write(JSON.stringify(await provider.read({ uid: Number(uid), args })));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
