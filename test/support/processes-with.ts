import { readdirSync, readFileSync } from "node:fs";

/**
 * Names of all processes of this machine, including those in namespaces, whose arguments or environment contain this
 * text.
 */
export function processesWith(file: "cmdline" | "environ", text: string): readonly string[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.flatMap((pid) => (textOf(pid, file).includes(text) ? [textOf(pid, "comm").trim()] : []));
}

/** A file of the process; empty if it has ended. */
function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
