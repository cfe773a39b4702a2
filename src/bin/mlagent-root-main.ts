import { fileURLToPath } from "node:url";
import { RootHelper } from "../agent/root/root-helper.ts";
import { createLog } from "../host/log.ts";
import { agentCommandLine } from "./agent-part.ts";

const HELP = `Usage: mlagent-root [--config FILE]

Starts commands that users have ordered and signed, as these users: each at most once, whatever is killed meanwhile. It
speaks only with mlagent, over a unix socket.

  --config FILE   default: /etc/marcologger/agent.toml
  --version, --help

Without root it can start commands only as its own user: set min-uid and the paths in its file.
`;

/** What it makes is root's alone, but for the folder in which commands read who stopped them. */
process.umask(0o022);
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const log = createLog(process.stderr, "mlagent-root");
const { config, file } = agentCommandLine({ name: "mlagent-root", help: HELP }, process.argv.slice(2));
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const stopAsked = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => resolve());
});
try {
  const programs = {
    supervise: beside("mlsupervise"),
    mlrun: beside("mlrun"),
    mllook: [process.execPath, beside("mllook.js")],
  };
  const helper = new RootHelper({ config, configFile: file, ...programs, log, nowMs: Date.now });
  await helper.listen();
  log.event("info", "listening", { socket: config.socket, node: config.node });
  await stopAsked;
  await helper.stop();
  process.exit(0);
} catch (error) {
  log.event("error", "cannot start", { error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
