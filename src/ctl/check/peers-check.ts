import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { certificatesIn } from "../../host/certificate-chain.ts";
import type { Config } from "../../host/config.ts";
import { isMissing } from "../../host/is-missing.ts";
import { readPrivateWord } from "../../host/private-file.ts";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

/**
 * Asks a joined collector as this one does. Resolves with why it cannot be used, in words; empty: it can.
 *
 * @param fleet what orders name as our own.
 */
export type PeerFault = (
  peer: { readonly name: string; readonly url: string; readonly token: string; readonly ca: string | undefined },
  fleet: string,
) => Promise<string>;

interface PeersToCheck {
  /** The collector's. */
  readonly user: string;
  /** Undefined: nobody is asked. */
  readonly peerFault: PeerFault | undefined;
}

/** Joined collectors: whether their tokens and authorities can be read, and whether each answers and takes its token. */
export async function checkPeers(
  { peers, pki }: Pick<Config, "peers" | "pki">,
  { user, peerFault }: PeersToCheck,
): Promise<readonly Finding[]> {
  if (peers.size === 0) return [];
  const fleet = pki === undefined ? "" : await fleetOf(pki);
  // Each may be waited for.
  return Promise.all(
    [...peers].map(async ([name, { url, tokenFile, caFile }]) => {
      const what = `peers.${name}`;
      const token = tokenIn(tokenFile, { what, name, user });
      if (typeof token !== "string") return token;
      const ca = caFile === undefined ? undefined : await authorityIn(caFile, what);
      if (typeof ca === "object") return ca;
      const fault = (await peerFault?.({ name, url, token, ca }, fleet)) ?? "";
      if (fault === "") return ok(what, peerFault === undefined ? tokenFile : `${url} takes the token in ${tokenFile}`);
      const next = `correct it here or there; until then calls for it fail, and all else works`;
      return warning(what, `${url} cannot be used: ${fault}`, next);
    }),
  );
}

function tokenIn(
  path: string,
  { what, name, user }: { readonly what: string; readonly name: string; readonly user: string },
): string | Finding {
  try {
    return readPrivateWord(path);
  } catch (error) {
    const make = `an administrator of ${name} makes a token: mlctl tokens create NAME --scope peer`;
    if (isMissing(error)) return failed(what, `there is no ${path}`, `${make}; write it there, with mode 600`);
    const code = codeOf(error);
    const found = code.startsWith(path) ? code : `the service cannot read ${path}: ${code}`;
    return failed(what, found, `chown ${user}: ${path} && chmod 600 ${path}; it holds the token and nothing else`);
  }
}

async function authorityIn(path: string, what: string): Promise<string | Finding> {
  const next = "copy the authority of its web certificate there, for all to read";
  try {
    const pem = await readFile(path, "utf8");
    return isCertificate(pem) ? pem : failed(what, `${path} is no certificate`, next);
  } catch (error) {
    return failed(what, `the service cannot read ${path}: ${codeOf(error)}`, next);
  }
}

function isCertificate(pem: string): boolean {
  try {
    return certificatesIn(pem, "").length > 0;
  } catch {
    return false;
  }
}

/** Empty: unknown; the check of `pki` says why. */
async function fleetOf(pki: string): Promise<string> {
  const text = await readFile(join(pki, "ca.crt")).catch(() => undefined);
  return text === undefined ? "" : createHash("sha256").update(text).digest("hex");
}
