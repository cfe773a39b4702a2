import { readFileSync } from "node:fs";
import { cpus, freemem, loadavg, machine, type as osType, release, totalmem, uptime } from "node:os";
import { ownAddresses } from "../../host/own-addresses.ts";
import type { Facts, Presence } from "../../wire/fleet/presence.ts";

const MOST_ADDRESSES = 64;
const MOST_LABELS = 64;
const MOST_CHARACTERS = 256;

/** Facts of this machine that seldom change. A label of agent.toml overrides a found one. */
export function readFacts(
  labels: readonly string[],
  { services, gpus, labels: found }: Pick<Facts, "services" | "gpus" | "labels">,
): Facts {
  const keyOf = (label: string): string => label.slice(0, label.indexOf("="));
  const own = new Set(labels.map(keyOf));
  const others = found.filter((label) => !own.has(keyOf(label)));
  const addresses = ownAddresses()
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  return {
    kernel: `${osType()} ${release()}`.slice(0, MOST_CHARACTERS),
    os: readOs(),
    architecture: machine(),
    cpus: Math.max(1, cpus().length),
    addresses: addresses.slice(0, MOST_ADDRESSES),
    gpus,
    labels: [...labels, ...others].slice(0, MOST_LABELS),
    services,
  };
}

/** Constantly changing figures. */
export function readLoad(): Pick<Presence, "load" | "memoryBytes" | "memoryFreeBytes" | "uptimeSeconds"> {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1];
  return {
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    memoryBytes: totalmem(),
    memoryFreeBytes: available === undefined ? freemem() : Number(available) * 1_024,
    uptimeSeconds: Math.floor(uptime()),
  };
}

/** os-release(5) */
function readOs(): string {
  const name = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readText("/etc/os-release"))?.[1];
  return (name ?? osType()).slice(0, MOST_CHARACTERS);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
