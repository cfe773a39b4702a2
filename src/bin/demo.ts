import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runDemo } from "../demo/demo.ts";
import { userKeysIn } from "../demo/user-keys.ts";

process.exitCode = await runDemo({
  binFolder: fileURLToPath(new URL(".", import.meta.url)),
  node: process.execPath,
  rsyslogd: "/usr/sbin/rsyslogd",
  natsServer: "/usr/sbin/nats-server",
  user: userInfo().username,
  uid: process.getuid?.() ?? 0,
  userKeys: userKeysIn(join(homedir(), ".ssh")),
  command: process.argv.slice(2),
  env: process.env,
  say: (text) => process.stdout.write(`${text}\n`),
  untilStopped: new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  }),
});
