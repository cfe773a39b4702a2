import { join } from "node:path";
import { dispatch } from "../../src/ctl/dispatch.ts";
import { remoteCommands } from "../../src/ctl/remote-commands.ts";
import { startOnTerminal } from "./on-terminal.ts";
import { type Result, type RunningProcess, run, start } from "./processes.ts";
import { program } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

/** One person's mlctl, with its own folder of settings. */
export class RemoteMlctl {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
  }

  static async create(env: NodeJS.ProcessEnv = {}): Promise<RemoteMlctl> {
    const folder = await tempFolder();
    // NO_COLOR in the environment of the test run would change the output.
    return new RemoteMlctl(folder, {
      ...process.env,
      NO_COLOR: "",
      PAGER: "cat",
      TZ: "UTC",
      XDG_CONFIG_HOME: folder,
      XDG_STATE_HOME: join(folder, "state"),
      ...env,
    });
  }

  /** Signed in as a user whose password is "right". */
  static async signedIn(origin: string, user: string): Promise<RemoteMlctl> {
    const mlctl = await RemoteMlctl.create();
    const result = await mlctl.run(["login", origin, "--user", user], "right\n");
    if (result.code !== 0) throw new Error(`Cannot sign in: ${result.stderr}`);
    return mlctl;
  }

  get loginFile(): string {
    return join(this.folder, "marcologger/login.json");
  }

  /** Runs it to its end, piped. */
  run(args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Result> {
    const [command, ...words] = program("mlctl", ...args);
    return run(command, words, { env: { ...this.#env, ...env }, input, cwd: this.folder });
  }

  /** Runs a remote command in this process: starting mlctl takes longer than most commands. */
  async here(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    onInterrupt: (act: () => void) => () => void = () => () => undefined,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const configFolder = join(this.folder, "marcologger");
    const place = { configFolder, siteFile: "/nonexistent", hostname: "here" };
    const remote = remoteCommands({
      ...place,
      userName: "",
      nowMs: Date.now,
      sshFolder: join(this.folder, ".ssh"),
      stateFolder: join(this.folder, "state"),
      environment: { ...this.#env, ...env },
      onInterrupt,
    });
    const commands = Object.fromEntries(
      Object.entries(remote).map(([name, load]) => [name, async () => (await load()).command]),
    );
    const printed = { stdout: "", stderr: "" };
    const to = (name: keyof typeof printed) => ({
      write: (text: string | Uint8Array) => {
        printed[name] += Buffer.from(text).toString();
      },
    });
    const io = { stdout: to("stdout"), stderr: to("stderr"), cwd: this.folder };
    const code = await dispatch({ name: "mlctl", version: () => "1", commands }, args, io);
    return { code, ...printed };
  }

  start(args: readonly string[]): RunningProcess {
    const [command, ...words] = program("mlctl", ...args);
    return start(command, words, { env: this.#env, cwd: this.folder });
  }

  startOnTerminal(args: readonly string[]): RunningProcess {
    return startOnTerminal(program("mlctl", ...args), { env: this.#env, cwd: this.folder });
  }

  /** Runs it to its end on a terminal of 100 columns. Its output has LF alone. */
  async onTerminal(args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const running = this.startOnTerminal(args);
    const { code } = await running.ended;
    return { code, output: running.output().replaceAll("\r\n", "\n") };
  }
}
