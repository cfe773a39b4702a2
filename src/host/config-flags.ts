import { parseArgs } from "node:util";

const SWITCHES = ["insecure", "login-code", "help", "version"] as const;
const VALUES = [
  "config",
  "data-dir",
  "relp",
  "pki",
  "web",
  "web-socket-group",
  "web-cert",
  "web-key",
  "behind-proxy",
  "fleet",
  "fleet-broker",
  "fleet-files",
  "udp-syslog",
  "tcp-syslog",
  "sync",
  "seal-after-days",
  "pam-service",
  "auth-socket",
  "web-signer-key",
  "admin-group",
  "proxies",
  "web-names",
  "hsts-seconds",
  "metrics",
  "metrics-token-file",
] as const;

interface CommandLineWords {
  readonly flags: Map<string, string | boolean>;
  /** Arguments that are not options: the name of a command. */
  readonly words: readonly string[];
  readonly problems: string[];
}

/** Splits arguments into options and words. Collects problems, to report them all at once. */
export function readFlags(argv: readonly string[]): CommandLineWords {
  const options = Object.fromEntries([
    ...SWITCHES.map((name) => [name, { type: "boolean" as const }]),
    ...VALUES.map((name) => [name, { type: "string" as const }]),
  ]);
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<string, string | boolean>();
  const words: string[] = [];
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const isSwitch = SWITCHES.some((known) => known === name);
    if (!isSwitch && !VALUES.some((known) => known === name)) problems.push(`${rawName}: unknown option`);
    else if (flags.has(name)) problems.push(`${rawName}: given twice`);
    else if (isSwitch && value !== undefined) problems.push(`${rawName}: expected no value, got ${value}`);
    else if (isSwitch) flags.set(name, true);
    // "--relp --insecure": the next option is hardly the value.
    else if (value === undefined || (value.startsWith("-") && token.inlineValue === false)) {
      problems.push(`${rawName}: expected a value`);
    } else flags.set(name, value);
  }
  return { flags, words, problems };
}
