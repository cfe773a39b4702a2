import { compareNatural } from "../../text/nodes/natural-order.ts";
import type { Execution } from "../../wire/api.ts";
import { type FleetNode, type FleetView, parseFleetView } from "../../wire/fleet/node-view.ts";
import { parseRunView, type RunView } from "../../wire/fleet/run-view.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { CtlError, type Io } from "../command.ts";
import { askNodes } from "../fleet/ask-nodes.ts";
import { batchingOf } from "../fleet/batching.ts";
import { callService } from "../fleet/call-service.ts";
import { cancelRun } from "../fleet/cancel-run.ts";
import { chooseNodes } from "../fleet/choose-nodes.ts";
import type { FleetSettings } from "../fleet/fleet-settings.ts";
import { sendRun } from "../fleet/run-api.ts";
import type { RunRequest } from "../fleet/run-request.ts";
import { listRuns } from "../fleet/runs-command.ts";
import { signParts } from "../fleet/sign-order.ts";
import { workOrder } from "../fleet/work-order.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import { listExecutions } from "../remote/executions.ts";
import { readLines } from "../remote/lines.ts";
import { decoded } from "../remote/shown-text.ts";

/** An order of the bot's begins now or soon: nobody in the channel remembers what they asked for an hour ago. */
const RUN_LIFE_MS = 600_000;
const ASK_WITHIN_MS = 8_000;
/** Executions whose last lines are looked for. */
const MAX_EXECUTIONS = 32;

interface BotFleetOptions {
  readonly collector: Collector;
  /** The account that the bot is signed in with; its key signs. */
  readonly user: string;
  readonly key: string | undefined;
  readonly settings: FleetSettings;
}

/** What the bot does at the collector, as its own account and with its own key. */
export class BotFleet {
  readonly #options: BotFleetOptions;

  constructor(options: BotFleetOptions) {
    this.#options = options;
  }

  async nodes(expressions: readonly string[]): Promise<readonly FleetNode[]> {
    return chooseNodes(expressions, (await this.#fleet()).nodes);
  }

  runs(limit: number): Promise<readonly RunView[]> {
    return listRuns(this.#options.collector, { limit });
  }

  /** One of the bot's runs: by its id, or the newest of a job. */
  async run(word: string): Promise<RunView> {
    const { collector } = this.#options;
    const run = parseExecutionId(word.toUpperCase());
    if (run === undefined) {
      const found = (await listRuns(collector, {})).find(({ job }) => job === word);
      if (found !== undefined) return found;
    } else {
      try {
        return await collector.json({ path: `/runs/${run}` }, parseRunView);
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
      }
    }
    throw new CtlError(`I have no run ${word}: \`runs\` lists mine`);
  }

  /** Starts what bot.toml describes. @param askedBy in the environment of the command, for its owner's log. */
  async start(
    request: RunRequest,
    askedBy: string,
  ): Promise<{ readonly view: RunView; readonly notes: readonly string[] }> {
    const { collector, user, settings } = this.#options;
    const notes: string[] = [];
    const fleet = await this.#fleet();
    const context = {
      ...{ fleet, user, lifeMsOf: () => RUN_LIFE_MS, withAbsent: false },
      ...{ environment: settings.environment, nowMs: settings.nowMs() },
    };
    const asked = { ...request, env: [...request.env, `MARCOLOGGER_ASKED_BY=${askedBy}`] };
    const order = workOrder("run", asked, { context, io: ioFor(notes) });
    const view = await sendRun(collector, await this.#sign(order), batchingOf(request));
    return { view, notes };
  }

  async stop(word: string): Promise<RunView> {
    const { collector, key, settings } = this.#options;
    return cancelRun({ collector, view: await this.run(word), key, settings });
  }

  /** Resolves with a line for each row, and each node that gave none. */
  async ask(provider: string, args: readonly string[], expressions: readonly string[]): Promise<readonly string[]> {
    const fleet = await this.#fleet();
    const nodes = chooseNodes(expressions, fleet.nodes).map(({ node }) => node);
    const question = { fleetId: fleet.id, nodes, provider, args, withinMs: ASK_WITHIN_MS };
    const answers = await askNodes({ ...this.#options, ...question });
    return answers.flatMap(({ node, answer, text, rows }) =>
      rows.length === 0
        ? [`${node}: ${answer}${text === "" ? "" : `: ${text}`}`]
        : rows.map(
            (row) =>
              `${node}: ${Object.entries(row)
                .map((pair) => pair.join("="))
                .join(" ")}`,
          ),
    );
  }

  /** Calls a service on any node that offers it. */
  async call(
    service: string,
    input: string,
  ): Promise<{ readonly where: string; readonly output: string; readonly fault: string }> {
    const { call, where, fault } = await callService({ ...this.#options, service, input });
    return { where, output: call.output, fault };
  }

  /** The last lines of a run, node by node. */
  async lines(view: RunView, count: number): Promise<readonly string[]> {
    const { collector } = this.#options;
    const { job, run, owner } = view;
    const executions: Execution[] = [];
    for await (const execution of listExecutions(collector, { job, run, owner }, MAX_EXECUTIONS)) {
      if (executions.push(execution) === MAX_EXECUTIONS) break;
    }
    const lines: string[] = [];
    for (const execution of executions.sort((a, b) => compareNatural(a.node, b.node))) {
      const from = Math.max(1, execution.lastN - count + 1);
      for await (const { bytes } of readLines(collector, execution, { from, to: execution.lastN }))
        lines.push(`${execution.node}: ${decoded(bytes)}`);
    }
    return lines;
  }

  #fleet(): Promise<FleetView> {
    return this.#options.collector.json({ path: "/fleet" }, parseFleetView);
  }

  #sign(order: Parameters<typeof signParts>[0]): ReturnType<typeof signParts> {
    const { key, settings } = this.#options;
    return signParts(order, { key, sshFolder: settings.sshFolder });
  }
}

/** Takes the notes that a person would see. */
function ioFor(notes: string[]): Io {
  const taking = {
    write: (text: string | Uint8Array) =>
      notes.push(
        String(text)
          .replace(/^mlctl: /, "")
          .trim(),
      ),
  };
  return { stdout: taking, stderr: taking, cwd: "/" };
}
