import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { isMissing } from "../../host/is-missing.ts";
import { asRecord } from "../../wire/record.ts";
import { CtlError } from "../command.ts";

/** What /etc/marcologger/mlctl.toml says: the site's collector, and its authority. */
interface SiteFile {
  readonly url?: string | undefined;
  /** A PEM file. */
  readonly ca?: string | undefined;
}

/** Empty if there is no such file. */
export function readSiteFile(path: string): SiteFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return {};
    throw new CtlError(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
  const { url, ca, ...others } = parsed(path, text);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new CtlError(`${path}: unknown key ${unknown}: expected url, ca`);
  if ((url !== undefined && typeof url !== "string") || (ca !== undefined && typeof ca !== "string"))
    throw new CtlError(`${path}: expected texts for url and ca`);
  return { url, ca };
}

function parsed(path: string, text: string) {
  try {
    return asRecord(parse(text)) ?? {};
  } catch (error) {
    throw new CtlError(`${path} is no TOML: ${error instanceof Error ? error.message.split("\n")[0] : error}`);
  }
}
