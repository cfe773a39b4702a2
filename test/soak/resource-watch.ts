import { readdirSync, readFileSync } from "node:fs";
import { afterwards } from "../support/cleanup.ts";

/** Bounds for a crowd of thousands. */
const LIMITS = {
  collectorMiB: 768,
  /** Logs of running and just-ended executions are held open. */
  collectorFiles: 12_000,
  relayMiB: 256,
  /** A connection of each mlrun, and a few more. */
  relayFiles: 1_000,
} as const;
const LOOK_EVERY_MS = 50;

interface Watched {
  readonly name: string;
  readonly pid: number;
  readonly maxMiB: number;
  readonly maxFiles: number;
}

/** Memory and open files of the daemons, from now until the end of the case. */
export class ResourceWatch {
  readonly #watched: readonly Watched[];
  readonly #files = new Map<number, number>();

  constructor({ collector, relays }: { readonly collector: number; readonly relays: readonly number[] }) {
    const ofRelays = relays.map((pid, i) => ({
      name: `relay ${i + 1}`,
      pid,
      maxMiB: LIMITS.relayMiB,
      maxFiles: LIMITS.relayFiles,
    }));
    const { collectorMiB: maxMiB, collectorFiles: maxFiles } = LIMITS;
    this.#watched = [{ name: "collector", pid: collector, maxMiB, maxFiles }, ...ofRelays];
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    afterwards(() => clearInterval(timer));
  }

  /** One message for each exceeded bound. */
  problems(): string[] {
    this.#look();
    return this.#watched.flatMap(({ name, pid, maxMiB, maxFiles }) => {
      const mib = peakMiB(pid);
      const files = this.#files.get(pid) ?? 0;
      return [
        ...(mib > maxMiB ? [`${name} took ${mib} MiB, limit is ${maxMiB}`] : []),
        ...(files > maxFiles ? [`${name} held ${files} files open, limit is ${maxFiles}`] : []),
      ];
    });
  }

  #look(): void {
    for (const { pid } of this.#watched) {
      const files = readdirSync(`/proc/${pid}/fd`).length;
      this.#files.set(pid, Math.max(files, this.#files.get(pid) ?? 0));
    }
  }
}

/** Peak memory since its start (proc(5), VmHWM). */
function peakMiB(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Math.round(Number(kib) / 1024);
}
