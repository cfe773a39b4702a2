import { parseCommandLine } from "../../src/host/config.ts";

export const DEFAULT_FILE = "/etc/marcologger/collector.toml";

export function parse(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  return parseCommandLine(argv, (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
    return text;
  });
}

export function configOf(argv: readonly string[], toml = "") {
  const parsed = parse(argv, { [DEFAULT_FILE]: toml });
  if (parsed.kind !== "config") throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

export function problemsOf(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const parsed = parse(argv, files);
  return parsed.kind === "problems" ? parsed.problems : [];
}
