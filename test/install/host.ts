import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";
import { type Result, type RunningProcess, run, start } from "../support/processes.ts";
import type { Block } from "./page.ts";

const BOOT_WITHIN_MS = 120_000;
const SHUTDOWN_WITHIN_MS = 60_000;
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface HostOptions {
  readonly name: string;
  /** A root file system to copy. */
  readonly base: string;
  /** Folder for the copy. */
  readonly folder: string;
  /** Path of a network namespace. */
  readonly namespace: string;
  /** Addresses of all hosts, for /etc/hosts. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** A Debian booted in namespaces by systemd-nspawn(1), with systemd as PID 1. */
export class Host {
  readonly name: string;
  readonly root: string;
  readonly #namespace: string;
  #container: RunningProcess | undefined;
  #leader = 0;

  private constructor({ name, folder, namespace }: HostOptions) {
    this.name = name;
    this.root = join(folder, name);
    this.#namespace = namespace;
  }

  /** Copies the root, without starting anything. */
  static async create(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    await must("cp", ["-a", "--reflink=auto", options.base, host.root]);
    await host.write("etc/hostname", `${host.name}\n`);
    const names = [...options.addresses].map(([name, address]) => `${address} ${name}\n`);
    await host.write("etc/hosts", `127.0.0.1 localhost\n${names.join("")}`);
    return host;
  }

  async write(path: string, text: string, mode = 0o644): Promise<void> {
    await mkdir(join(this.root, path, ".."), { recursive: true });
    await writeFile(join(this.root, path), text, { mode });
  }

  async copyIn(from: string, to: string): Promise<void> {
    await cp(from, join(this.root, to), { recursive: true, dereference: true });
  }

  /** Boots it. @param binds other hosts' roots, `OUTSIDE:INSIDE`. */
  async boot(binds: readonly string[] = []): Promise<void> {
    const container = start("systemd-nspawn", [
      ...["--quiet", "--boot", "--register=no", "--keep-unit", "--link-journal=no", "--console=pipe"],
      ...[`--directory=${this.root}`, `--machine=${this.name}`, `--hostname=${this.name}`],
      ...[`--network-namespace-path=${this.#namespace}`, ...binds.map((bind) => `--bind=${bind}`)],
    ]);
    this.#container = container;
    afterwards(() => this.#shutDown());
    await this.#untilBooted(container.pid);
  }

  /** Power off and on: /run starts empty. */
  async reboot(): Promise<void> {
    await this.#shutDown();
    await this.boot();
  }

  /** nspawn's first child is not PID 1 yet: looks again until one answers. */
  async #untilBooted(container: number): Promise<void> {
    const isBooted = async () => {
      this.#leader = await childOf(container);
      if (this.#leader === 0) return false;
      const { stdout } = await this.sh("systemctl is-system-running || true");
      return /^(running|degraded)$/m.test(stdout);
    };
    await poll(`${this.name} to boot`, isBooted, BOOT_WITHIN_MS);
  }

  /** Runs a script as root, as if pasted into a shell, but stops at the first command that fails. */
  sh(script: string, user = "root"): Promise<Result> {
    const home = user === "root" ? "/root" : `/home/${user}`;
    const env = ["env", "--ignore-environment", `--chdir=${home}`, PATH, "LANG=C.UTF-8", "TERM=dumb", `HOME=${home}`];
    const as = user === "root" ? [] : ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--init-groups"];
    const inside = ["nsenter", "--target", String(this.#leader), "--all", "--", ...env, ...as];
    const [command = "", ...args] = [...inside, "bash", "-e", "-s"];
    return run(command, args, { input: script });
  }

  /** Runs a block of the page, which must succeed. */
  async paste(block: Block): Promise<void> {
    process.stderr.write(`  ${this.name}: line ${block.line}\n`);
    const result = await this.sh(block.script);
    if (result.code === 0) return;
    const said = `${result.stdout}\n${result.stderr}`.trim();
    throw new Error(`${this.name}: the block at line ${block.line} of the page ended with ${result.code}:\n${said}`);
  }

  async #shutDown(): Promise<void> {
    const container = this.#container;
    if (container === undefined) return;
    this.#container = undefined;
    await this.sh("systemctl poweroff");
    const late = new Promise((resolve) => setTimeout(resolve, SHUTDOWN_WITHIN_MS).unref());
    await Promise.race([container.ended, late]);
  }
}

/** The child of nspawn that is PID 1 inside; 0: none yet. */
async function childOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return Number(text.trim().split(" ")[0] ?? 0);
}

export async function must(command: string, args: readonly string[]): Promise<Result> {
  const result = await run(command, args);
  if (result.code === 0) return result;
  throw new Error(`${command} ${args.join(" ")} ended with ${result.code}: ${result.stderr}`);
}
