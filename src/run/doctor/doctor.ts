import { readSecret } from "../notify/secret.ts";
import type { SiteSettings } from "../site-settings.ts";
import type { SpoolPlaces } from "../spool/spool-folder.ts";
import { checkArrival } from "./arrival-check.ts";
import { checkClock } from "./clock-check.ts";
import { type Finding, formatFinding, ok, wrong } from "./finding.ts";
import { checkHandOver, type HandOverOptions } from "./hand-over-check.ts";
import { checkRelayConfiguration } from "./relay-check.ts";
import { findRelayProcesses, isListening, type RelayProcesses } from "./relay-processes.ts";
import { checkSocket } from "./socket-check.ts";
import { checkSpool } from "./spool-check.ts";

interface DoctorOptions {
  readonly runDir: string;
  readonly spool: SpoolPlaces;
  readonly begin: HandOverOptions["begin"];
  readonly secretFile: string;
  /** Where `mlctl login` keeps its token. */
  readonly accountFile: string;
  /** @param complain Gets each fault in mlrun.toml. */
  readSettings(complain: (fault: string) => void): SiteSettings;
  nowMs(): number;
  /** Shows one line. */
  say(text: string): void;
  readonly hasColours: boolean;
}

/**
 * Checks what mlrun needs on this machine, from here to the relay's journal, and on to the collector where this user
 * has signed in.
 *
 * @returns Whether nothing is wrong.
 */
export async function runDoctor(options: DoctorOptions): Promise<boolean> {
  const { runDir, begin, nowMs, say, hasColours } = options;
  let isWell = true;
  const tell = (...findings: readonly Finding[]) => {
    for (const finding of findings) say(formatFinding(finding, hasColours));
    isWell &&= findings.every(({ state }) => state !== "wrong");
  };
  tell(ok("Node", `${process.versions.node}, ${process.execPath}`));
  const faults: string[] = [];
  const settings = options.readSettings((fault) => faults.push(fault));
  tell(...faults.map((fault) => wrong("settings", fault, "correct that line; src/run/README.md has the keys")));
  const socket = await checkSocket(runDir);
  tell(socket);
  const relay = findRelayProcesses(runDir);
  if (socket.state === "ok") {
    const handOver = await checkHandOver({ runDir, begin, relayFault: () => faultOf(relay) });
    tell(handOver);
    if (handOver.state === "ok") tell(await checkArrival({ accountFile: options.accountFile, x: begin.x }));
  }
  tell(...checkRelayConfiguration(relay));
  tell(...checkSpool(options.spool));
  const { fault } = readSecret(options.secretFile);
  if (fault !== undefined) tell(wrong("secret", fault, "without it notifications are not signed"));
  tell(await checkClock(settings.viewer, nowMs));
  return isWell;
}

/** Where the path behind the gate is broken, if that shows. */
function faultOf({ gate, lines, begin }: RelayProcesses): string {
  const silent = [lines, begin].filter((path) => !isListening(path));
  if (gate === undefined) return "no mlgate is seen from here";
  return silent.length > 0 ? `no rsyslogd listens on ${silent.join(" and ")}` : "rsyslogd listens, and takes nothing";
}
