import { userInfo } from "node:os";
import { fileURLToPath } from "node:url";
import { runDemo } from "../demo/demo.ts";

process.exitCode = await runDemo({
  binFolder: fileURLToPath(new URL(".", import.meta.url)),
  node: process.execPath,
  rsyslogd: "/usr/sbin/rsyslogd",
  natsServer: "/usr/sbin/nats-server",
  user: userInfo().username,
  uid: process.getuid?.() ?? 0,
  command: process.argv.slice(2),
  env: process.env,
  say: (text) => process.stdout.write(`${text}\n`),
  untilStopped: new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
  }),
});
