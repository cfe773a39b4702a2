import type { Log } from "../../host/log.ts";
import type { UserDirectory } from "../../host/users.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { AgentConfig } from "../config.ts";
import { FoundFacts } from "../facts/found-facts.ts";
import { type Look, ProgramRunner } from "../programs/program-runner.ts";
import { Providers } from "../providers/providers.ts";
import { Services } from "../services/services.ts";

interface NodeProgramsOptions {
  readonly config: AgentConfig;
  readonly users: UserDirectory;
  /** `[program, ...args]` that answers with a built-in provider: its name and a uid follow. */
  readonly mllook: readonly string[];
  readonly look: Look;
  readonly log: Log;
  nowMs(): number;
  after(act: () => void, afterMs: number): () => void;
}

/** Programs of the administrator and built-in ones: providers, facts and services. */
export class NodePrograms {
  readonly providers: Providers;
  readonly services: Services;
  readonly #facts: FoundFacts;
  #offered: readonly string[] = [];

  constructor({ config, users, mllook, look, log, nowMs, after }: NodeProgramsOptions) {
    const runner = new ProgramRunner({ user: config.providerUser, users, look, after });
    const run: ProgramRunner["run"] = (program) => runner.run(program);
    const { factsDir: folder, gpuProgram } = config;
    this.providers = new Providers({ folder: config.providers, builtIn: (name) => [...mllook, name], run });
    this.services = new Services({ folder: config.services, users, log });
    this.#facts = new FoundFacts({ folder, gpuProgram, run, log, nowMs });
  }

  /** Called each second. */
  look(): void {
    this.#offered = this.services.names();
    void this.#facts.look();
  }

  /** Content of presence, at most a second old. @param ofCommands services that running commands offer */
  offers(ofCommands: readonly string[]): { readonly services: readonly string[] } & FoundFacts["found"] {
    const all = [...new Set([...this.#offered, ...ofCommands])];
    return { services: all.slice(0, FLEET_LIMITS.maxListedServices).sort(), ...this.#facts.found };
  }
}
