import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { run } from "../support/processes.ts";

const GIGABYTE = 1_000_000_000;

/** This many bytes of logs, or fewer if the disk lacks room; `name` says which. */
export function roomFor(wantedBytes: number): { bytes: number; name: string } {
  const { bavail, bsize } = statfsSync(tmpdir());
  const bytes = Math.min(wantedBytes, Math.floor((bavail * bsize) / 3));
  const size = `${(bytes / GIGABYTE).toFixed(1)} GB`;
  return { bytes, name: bytes < wantedBytes ? `${size}, for want of disk` : size };
}

/** Gigabytes that the kernel still has to write would slow down what is measured next. */
export async function settleDisk(): Promise<void> {
  await run("sync", ["-f", tmpdir()]);
}
