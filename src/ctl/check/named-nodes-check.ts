import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NODES_LIST, parseListedNodes } from "../../wire/fleet-names.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** Of names without a certificate, this many are shown. */
const SHOWN_NAMES = 10;

/**
 * Looks for the nodes of `[nodes]` in the authority's list of certificates: a table with another name than that of the
 * certificate changes nothing. Finds nothing where the list is not: older authorities keep none.
 */
export async function checkNamedNodes(names: Iterable<string>, pki: string): Promise<readonly Finding[]> {
  const text = await readFile(join(pki, NODES_LIST), "utf8").catch(() => undefined);
  const named = [...names];
  if (text === undefined || named.length === 0) return [];
  const issued = new Set(parseListedNodes(text).map(({ name }) => name));
  const unknown = named.filter((name) => !issued.has(name.toLowerCase()));
  if (unknown.length === 0) return [ok("nodes", `${named.length} of collector.toml have certificates`)];
  const shown = unknown.slice(0, SHOWN_NAMES).map((name) => `[nodes."${name}"]`);
  const found = `${shown.join(", ")}${unknown.length > shown.length ? " and others" : ""} of collector.toml: no node has a certificate with that name`;
  return [warning("nodes", found, "name the table as the certificate does: `mlctl pki list` shows them")];
}
