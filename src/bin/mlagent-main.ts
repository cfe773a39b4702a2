import { Agent } from "../agent/link/agent.ts";
import { createLog } from "../host/log.ts";
import { agentCommandLine, agentVersion } from "./agent-part.ts";

const HELP = `Usage: mlagent [--config FILE]

Connects a node to the collector's broker, so that users can start commands on it. It starts none itself: mlagent-root
does, when the order is signed by a key that this node trusts.

  --config FILE   default: /etc/marcologger/agent.toml
  --version, --help

It runs as a user of its own, and needs NODE.crt, NODE.key and ca.crt in the folder of certificates.
`;

for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const log = createLog(process.stderr, "mlagent");
const { config } = agentCommandLine({ name: "mlagent", help: HELP }, process.argv.slice(2));
// Also while it waits for its first connection.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
try {
  const agent = await Agent.start({ config, version: agentVersion(), log, nowMs: Date.now });
  log.event("info", "connected", { broker: config.broker, node: config.node });
  const error = await agent.closed();
  log.event("error", "the connection has ended", { error: String(error) });
} catch (error) {
  log.event("error", "cannot start", { error: error instanceof Error ? error.message : String(error) });
}
process.exit(1);
