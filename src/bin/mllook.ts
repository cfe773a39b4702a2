import { PROVIDERS } from "../agent/ask/providers.ts";

/**
 * `mllook PROVIDER UID [ARG]...`: prints what a built-in provider sees, for the user who asks. mlagent-root's own program: nobody
 * else calls it.
 */
const [name = "", uid = "", ...args] = process.argv.slice(2);
const provider = PROVIDERS.get(name);
if (provider === undefined) process.exit(1);
process.stdout.write(JSON.stringify(await provider.read({ uid: Number(uid), args })));
