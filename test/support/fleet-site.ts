import { mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { parseRunView, type RunView } from "../../src/wire/fleet/run-view.ts";
import { type Agent, startAgent, trustLine } from "./fleet-agents.ts";
import { FleetKey } from "./fleet-keys.ts";
import { poll } from "./poll.ts";
import type { Result } from "./processes.ts";
import { RemoteMlctl } from "./remote-mlctl.ts";
import { Site } from "./site.ts";

/** A collector with a broker, two nodes with relays and agents, and the mlctl of a person whose key they trust. */
export class FleetSite {
  readonly site: Site;
  readonly mlctl: RemoteMlctl;
  readonly key: FleetKey;
  readonly agents: readonly Agent[];

  private constructor(parts: { site: Site; mlctl: RemoteMlctl; key: FleetKey; agents: readonly Agent[] }) {
    ({ site: this.site, mlctl: this.mlctl, key: this.key, agents: this.agents } = parts);
  }

  static async create(): Promise<FleetSite> {
    const site = await Site.create({ hasFleet: true });
    const mlctl = await RemoteMlctl.create();
    mkdirSync(join(mlctl.folder, ".ssh"));
    const key = FleetKey.make(join(mlctl.folder, ".ssh"), "id_ed25519");
    const code = [...site.collector.output().matchAll(/http:\S+#code=\S+/g)].at(-1)?.[0] ?? "";
    const [login, relays] = await Promise.all([mlctl.run(["login", code]), site.startTwoRelays()]);
    if (login.code !== 0) throw new Error(`Cannot sign in: ${login.stderr}`);
    // Agents do not repeat their first signs of life for 15 s, so they start once the broker takes them.
    await site.collector.waitFor(/broker admits nodes nodes=2/);
    const trust = trustLine(userInfo().username, key);
    const agents = await Promise.all(relays.map((relay) => startAgent(site, relay, { trust })));
    return new FleetSite({ site, mlctl, key, agents });
  }

  run(...words: readonly string[]): Promise<Result> {
    return this.mlctl.run(["run", "--key", this.key.path, ...words]);
  }

  /** Runs the same command in this process. */
  runHere(...words: readonly string[]): ReturnType<RemoteMlctl["here"]> {
    return this.mlctl.here(["run", "--key", this.key.path, ...words]);
  }

  /** All runs, newest first. */
  async runs(): Promise<readonly RunView[]> {
    const { code, stdout, stderr } = await this.mlctl.here(["runs", "--json"]);
    if (code !== 0) throw new Error(`Cannot list runs: ${stderr}${await this.site.state()}`);
    const lines = stdout.split("\n").filter((line) => line !== "");
    const views = lines.flatMap((line) => parseRunView(JSON.parse(line)) ?? []);
    if (views.length !== lines.length) throw new Error(`Cannot read ${stdout}${stderr}`);
    return views;
  }

  async lastRun(job: string): Promise<RunView> {
    const views = await this.runs();
    const found = views.find((view) => view.job === job);
    if (found === undefined) throw new Error(`No run of ${job}: ${JSON.stringify(views)}`);
    return found;
  }

  /** Waits until the newest run of a job meets the condition. */
  until(job: string, isSo: (view: RunView) => boolean): Promise<RunView> {
    return poll(`the run of ${job}`, async () => {
      const view = await this.lastRun(job);
      return isSo(view) ? view : undefined;
    });
  }
}
