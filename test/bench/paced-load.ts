import { fakeExecution } from "../support/envelopes.ts";
import { RelpClient } from "../support/relp-client.ts";
import { serveOrders } from "./paced-lines.ts";

/** A relay with one running execution, a process of its own: `paced-load.js PORT LINE_BYTES`. */
const [port, lineBytes] = process.argv.slice(2).map(Number);
const execution = fakeExecution();
const relp = await RelpClient.open(port ?? 0);
await relp.send(execution.begin());
process.stdout.write(`begun ${execution.x}\n`);
// Answers to open and BEGIN.
let commands = 2;
await serveOrders(
  {
    send(firstN, texts) {
      commands += 1;
      relp.command("syslog", execution.lines(firstN, texts));
    },
    settle: () => relp.answered(commands),
  },
  lineBytes ?? 0,
);
process.exit(0);
