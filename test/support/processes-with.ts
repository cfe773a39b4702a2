import { readdirSync, readFileSync } from "node:fs";

/** Names of all processes of this machine, in its namespaces too, whose arguments or environment have this text. */
export function processesWith(file: "cmdline" | "environ", text: string): readonly string[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.flatMap((pid) => (textOf(pid, file).includes(text) ? [textOf(pid, "comm").trim()] : []));
}

/** Empty: it has ended. */
function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
