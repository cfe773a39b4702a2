import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";
import { checkGroup } from "./users-check.ts";

const WITHIN_MS = 5_000;
const MODE_OF_OTHERS = 0o006;
const GATE_UNIT = "marcologger-gate.service";

interface GateToCheck {
  /** The output of `mlctl relay-config`. */
  readonly config: string;
  /** Folder of this installation. */
  readonly installation: string;
}

/** Checks the gate in front of the relay: its program, its unit, its group, and the socket where mlrun finds it. */
export async function checkGate({ config, installation }: GateToCheck): Promise<readonly Finding[]> {
  const text = await readFile(config, "utf8").catch(() => "");
  const [, listen, lines, begin] = /^# mlgate --listen (\S+) --lines (\S+) --begin (\S+)$/m.exec(text) ?? [];
  if (listen === undefined || lines === undefined || begin === undefined) {
    const found = `${config} names no sockets of a gate: an older mlctl wrote it`;
    return [failed("gate", found, `write it again with \`mlctl relay-config ... --out ${config}\``)];
  }
  const [, group] = /fileGroup="([^"]+)"/.exec(text) ?? [];
  return [
    await checkProgram(join(installation, "dist/src/bin/mlgate")),
    ...(await checkUnit([lines, begin])),
    ...(group === undefined ? [] : [await checkGroup("gate's group", group)]),
    await checkSocket(listen),
  ];
}

async function checkProgram(path: string): Promise<Finding> {
  const answer = await output(path, ["--version"]);
  if (typeof answer === "string") return ok("gate", `${answer.trim()}, ${path}`);
  const next =
    answer.fault === "ENOENT" ? "install gcc and libc6-dev, and build again" : `look at \`${path} --version\``;
  return failed("gate", `cannot run ${path}: ${answer.fault}`, next);
}

/** Whether the gate, where systemd starts it, connects to the sockets that this relay opens. */
async function checkUnit(sockets: readonly string[]): Promise<readonly Finding[]> {
  const what = "gate's unit";
  const started = await output("systemctl", ["show", "--property=ExecStart", "--value", "--", GATE_UNIT]);
  // Without systemd, or before the unit is there, somebody else starts it.
  if (typeof started !== "string" || started.trim() === "") return [];
  const words = started.split(/[\s;]+/);
  const missing = sockets.filter((path) => !words.includes(path));
  if (missing.length === 0) return [ok(what, `${GATE_UNIT} connects to ${sockets.join(" and ")}`)];
  const next = `systemctl edit ${GATE_UNIT}: name the same in ExecStart= (--relay-dir of mlctl relay-config)`;
  return [failed(what, `${GATE_UNIT} does not connect to ${missing.join(" and ")}, where this relay listens`, next)];
}

/** The gate may start after the relay, so its absence is no failure. */
async function checkSocket(path: string): Promise<Finding> {
  const what = "gate's socket";
  const next = "systemctl enable --now marcologger-gate.socket";
  const found = await stat(path).catch(codeOf);
  if (typeof found === "string") return warning(what, `${path}: ${found}: mlrun keeps lines until it is there`, next);
  if (!found.isSocket()) return failed(what, `${path} is not a socket`, `remove it, then ${next}`);
  const isOpen = (found.mode & MODE_OF_OTHERS) === MODE_OF_OTHERS;
  if (isOpen) return ok(what, path);
  return failed(what, `${path} is not open to all users`, "SocketMode=0666 in marcologger-gate.socket");
}

function output(program: string, args: readonly string[]): Promise<string | { readonly fault: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: WITHIN_MS }, (error, stdout) => {
      resolve(error === null ? stdout : { fault: codeOf(error) });
    });
  });
}
