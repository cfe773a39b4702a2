import { hostname } from "node:os";
import type { Endpoint } from "./config-fields.ts";

const FIRST_UNPRIVILEGED_PORT = 1_024;

/**
 * Runs a start that listens. Errors of listen(2) get a message that names the setting and the next step; others pass
 * unchanged.
 *
 * @param place.key The key in collector.toml: `web`, `relp`.
 */
export async function listening<T>(
  start: Promise<T>,
  { key, at }: { readonly key: string; readonly at: Endpoint },
): Promise<T> {
  try {
    return await start;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const next = nextStep(code, key, at);
    if (next === undefined) throw cause;
    throw new Error(`Cannot listen on ${endpointText(at)} (${key}): ${code}: ${next}`, { cause });
  }
}

/** HOST:PORT or unix:PATH, as the configuration spells it. */
export function endpointText(at: Endpoint): string {
  if ("path" in at) return `unix:${at.path}`;
  return `${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}`;
}

/** A host that a person can open: a wildcard address becomes this machine's name. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return hostname();
  return host.includes(":") ? `[${host}]` : host;
}

function nextStep(code: string, key: string, at: Endpoint): string | undefined {
  if ("path" in at) {
    if (code === "EACCES" || code === "ENOENT")
      return "its folder must exist, and the collector's user may write there";
    return code === "EADDRINUSE"
      ? "another program listens there, or the file is not a socket: stop it, or remove the file"
      : undefined;
  }
  if (code === "EACCES" && at.port < FIRST_UNPRIVILEGED_PORT) {
    const unit = "`systemctl edit mlcollector`: AmbientCapabilities= and CapabilityBoundingSet= CAP_NET_BIND_SERVICE";
    const others = "take another port, put a proxy in front, or";
    return `ports below ${FIRST_UNPRIVILEGED_PORT} need a right that it lacks: ${others} ${unit}`;
  }
  if (code === "EADDRINUSE") return `another program listens there (\`ss -lntup\` shows it): stop it, or change ${key}`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `this machine has no such address: correct ${key}`;
  return undefined;
}
