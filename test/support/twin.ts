import { mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { afterwards } from "./cleanup.ts";
import { type DumpRelay, type Seen, startDumpRelay } from "./dump-relay.ts";
import { cleanEnvironment } from "./mlrun.ts";
import { poll } from "./poll.ts";
import { type Exit, run, start } from "./processes.ts";
import { program, ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

const SOURCES = join(ROOT, "test/fixtures/programs");
/** Ends only a row that hangs. */
const ROW_TIMEOUT_MS = 100_000;
const IS_ROOT = process.getuid?.() === 0;

/** One command twice: plain, and under mlrun. Both must behave alike. */
export interface Row {
  readonly name: string;
  /**
   * For bash, in an empty folder of its own. `"$@"` precedes the command: nothing, then mlrun's words. $PROGRAMS names
   * the folder of fixture programs; those in C are in PATH.
   */
  readonly script: string;
  /** Matches its stdout without mlrun: shows that the row tests its subject. */
  readonly shows: RegExp;
  /** Options of mlrun. */
  readonly options?: readonly string[];
  /** Executions that the relay must have received whole, and their joined output on stdout. */
  readonly logs?: Logs;
  /** Runs in a terminal of its own: each text is typed as soon as its pattern appears. Default none. */
  readonly types?: readonly (readonly [RegExp, string])[];
  /** Lines that mlrun itself may print on stderr. Default none. */
  readonly warns?: RegExp;
  /** Text that mlrun must print there. */
  readonly says?: RegExp;
  readonly needsRoot?: boolean;
  /** A program that may be missing: then the row is skipped, with that reason. */
  readonly needs?: string;
}

interface Logs {
  readonly executions: number;
  readonly stdout?: RegExp;
}

/** Result of one run: exit, output, and all files of its folder. */
interface Outcome extends Exit {
  readonly stdout: string;
  readonly stderr: string;
  readonly files: Readonly<Record<string, string>>;
}

interface Twin {
  readonly plain: Outcome;
  readonly wrapped: Outcome;
  /** mlrun's own messages, which are not in `wrapped.stderr`. */
  readonly said: readonly string[];
}

interface TwinSiteOptions {
  /** Even short commands are logged by Node, not by the launcher: the site has settings. */
  readonly needsNode?: boolean;
}

/** Both runs of a row, and the relay that logs the second. */
export class TwinSite {
  readonly relay: DumpRelay;
  readonly #programs: string;
  readonly #settings: Readonly<Record<string, string>>;
  #rows = 0;

  private constructor(relay: DumpRelay, programs: string, settings: Readonly<Record<string, string>>) {
    this.relay = relay;
    this.#programs = programs;
    this.#settings = settings;
  }

  /** @param programs Names of fixture programs in C, without ".c"; with ".so" for a library. */
  static async start(programs: readonly string[], { needsNode = false }: TwinSiteOptions = {}): Promise<TwinSite> {
    const folder = await tempFolder();
    for (const name of programs) await compile(name, join(folder, name));
    const config = join(folder, "mlrun.toml");
    if (needsNode) await writeFile(config, "one-line-frames = false\n");
    return new TwinSite(await startDumpRelay(), folder, needsNode ? { MLRUN_CONFIG: config } : {});
  }

  /** mlrun's words for the job name by which the relay knows a row. */
  words(job: string, options: readonly string[] = []): [string, ...string[]] {
    return program("mlrun", "--run-dir", this.relay.runDir, "--job", job, ...options, "--");
  }

  newJob(): string {
    this.#rows += 1;
    return `row-${this.#rows}`;
  }

  /** Runs in a session of its own, without the terminal that the tests may have. */
  async run({ script, types }: Pick<Row, "script" | "types">, words: readonly string[]): Promise<Outcome> {
    const parent = await tempFolder();
    const folder = join(parent, "here");
    await mkdir(folder);
    // Bash does not become the last command if another one follows.
    const bash = ["bash", "-c", `${script}\nexit "$?"`, "bash", ...words];
    const [file = "", ...args] = types === undefined ? bash : inTerminal(bash);
    const running = start(file, args, { env: this.environment(parent), cwd: folder, detached: true });
    afterwards(() => killGroup(running.pid));
    for (const [pattern, text] of types ?? []) {
      await running.waitFor(pattern);
      running.stdin?.write(text);
    }
    if (types === undefined) running.stdin?.end();
    const exit = await running.ended;
    const known = (bytes: Buffer) => bytes.toString("latin1").replaceAll(parent, "PARENT");
    return {
      ...exit,
      stdout: known(running.stdout()),
      stderr: known(running.stderr()),
      files: await filesBelow(folder),
    };
  }

  environment(folder: string): NodeJS.ProcessEnv {
    const more = { PROGRAMS: SOURCES, NODE: process.execPath, MLRUN_SPOOL_DIR: join(folder, "spool") };
    return cleanEnvironment({ ...more, ...this.#settings, PATH: `${this.#programs}:${process.env["PATH"]}` });
  }

  async twin(row: Row): Promise<Twin> {
    const job = this.newJob();
    const [plain, all] = await Promise.all([this.run(row, []), this.run(row, this.words(job, row.options))]);
    const { warns } = row;
    const isSaid = (line: string) => warns !== undefined && line.startsWith("mlrun: ") && warns.test(line);
    const lines = all.stderr.split("\n");
    const wrapped = { ...all, stderr: lines.filter((line) => !isSaid(line)).join("\n") };
    if (row.logs !== undefined) await this.#expectLogged(job, row.logs);
    return { plain, wrapped, said: lines.filter(isSaid) };
  }

  async #expectLogged(job: string, logs: Logs): Promise<void> {
    const executions = await this.executions(job, logs.executions);
    expect(executions.map(({ stdout }) => stdout.toString("latin1")).join("")).toMatch(logs.stdout ?? /^/);
  }

  /** Waits for so many whole executions of a job. */
  async executions(job: string, count: number): Promise<Seen[]> {
    const begins = await poll(`${count} executions of ${job}`, async () => {
      const found = (await this.relay.begins()).filter(({ begin }) => begin.job === job);
      const ids = new Set(found.map(({ begin }) => begin.x));
      return ids.size >= count && [...ids];
    });
    expect(begins).toHaveLength(count);
    return Promise.all(begins.map((x) => this.relay.execution(x)));
  }
}

/** Makes a test of each row. */
export function testTwins(rows: readonly Row[], programs: readonly string[] = [], options?: TwinSiteOptions): void {
  let site: TwinSite;
  beforeAll(async () => {
    site = await TwinSite.start(programs, options);
  });
  test.for(rows)("$name", { timeout: ROW_TIMEOUT_MS }, async (row, context) => {
    if (row.needsRoot === true && !IS_ROOT) context.skip("needs root: run the tests as root");
    const missing = row.needs !== undefined && (await run("sh", ["-c", `command -v ${row.needs}`])).code !== 0;
    if (missing) context.skip(`${row.needs} is not installed`);
    const { plain, wrapped, said } = await site.twin(row);
    expect(plain.stdout, plain.stderr).toMatch(row.shows);
    expect(wrapped).toEqual(plain);
    if (row.says !== undefined) expect(said.join("\n")).toMatch(row.says);
  });
}

/** Ends processes that the script of a failed row may have left. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended.
  }
}

/** Runs a command under util-linux's script, whose stdin is the terminal's keyboard. */
export function inTerminal(command: readonly string[]): [string, ...string[]] {
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", "-qefc", `exec ${words}`, "/dev/null"];
}

async function compile(name: string, target: string): Promise<void> {
  const source = join(SOURCES, `${name.replace(".so", "")}.c`);
  const shared = name.endsWith(".so") ? ["-shared", "-fPIC"] : [];
  const built = await run("cc", ["-std=gnu11", "-O1", "-Wall", ...shared, "-o", target, source]);
  if (built.code !== 0) throw new Error(`Cannot compile ${source}: ${built.stderr}`);
}

/** Relative path and content of every file below a folder; a link's content is its target. */
async function filesBelow(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const all = await readdir(Buffer.from(folder), { recursive: true, withFileTypes: true, encoding: "buffer" }).catch(
    () => [],
  );
  for (const entry of all) {
    const path = Buffer.concat([Buffer.from(entry.parentPath as unknown as Uint8Array), Buffer.from("/"), entry.name]);
    const name = path.subarray(folder.length + 1).toString("latin1");
    if (entry.isSymbolicLink()) files[name] = await readlink(path);
    else if (entry.isFile()) files[name] = await readFile(path, "latin1");
    else if (!entry.isDirectory()) files[name] = "neither file nor folder";
  }
  return files;
}
