import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { access, constants, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { certificateIn, certificatesIn, isChained } from "../../host/certificate-chain.ts";
import { isMissing } from "../../host/is-missing.ts";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
const WARN_BEFORE_MS = 30 * DAY_MS;
const READABLE_FOR_OTHERS = 0o004;

interface KeyPair {
  /** Shown in the table: "node certificate". */
  readonly what: string;
  readonly cert: string;
  readonly key: string;
  /** File of the authority that must have signed it; undefined: any may have. */
  readonly ca: string | undefined;
  /** The command that makes a new one. */
  readonly remedy: string;
  /** The group that must be able to read the key, for chgrp(1). */
  readonly group: string;
  /** A name that the certificate must contain, in any case. */
  readonly name?: string;
}

/** Whether a certificate and its key are readable, belong together, are signed by the authority, and are valid now. */
export async function checkKeyPair(pair: KeyPair, nowMs: number): Promise<readonly Finding[]> {
  const { what, cert, key, ca, remedy } = pair;
  const certText = await textOf(cert, pair);
  const keyText = await textOf(key, pair);
  const caText = ca === undefined ? undefined : await textOf(ca, pair);
  const unreadable = [certText, keyText, caText].filter((text) => typeof text === "object");
  if (typeof certText !== "string" || typeof keyText !== "string" || typeof caText === "object") return unreadable;
  try {
    const own = certificateIn(certText, cert);
    const privateKey = parsedKey(keyText);
    if (privateKey === undefined) return [failed(what, `${key} is not a private key, or has a passphrase`, remedy)];
    if (!own.checkPrivateKey(privateKey)) return [failed(what, `${key} is the key of another certificate`, remedy)];
    if (ca !== undefined && caText !== undefined) {
      certificateIn(caText, ca);
      if (!isChained(certificatesIn(certText, cert), certificatesIn(caText, ca))) {
        return [failed(what, `the authority in ${ca} has not signed ${cert}`, `copy both again, or ${remedy}`)];
      }
    }
    return [checkName(own, pair) ?? checkTime(own, pair, nowMs), ...(await checkSecrecy(pair))];
  } catch (error) {
    return [failed(what, codeOf(error), remedy)];
  }
}

async function textOf(path: string, { what, remedy, group }: KeyPair): Promise<string | Finding> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return failed(what, `${path} is not there`, remedy);
    const closed = await closedFolderOf(path);
    const next =
      closed === undefined
        ? `chgrp ${group} ${path} && chmod g+r ${path}`
        : `chgrp ${group} ${closed} && chmod g+rx ${closed}`;
    return failed(what, `the service cannot read ${path}: ${codeOf(error)}`, next);
  }
}

/** The first folder on the way to a file that this user may not enter. */
async function closedFolderOf(path: string): Promise<string | undefined> {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) folders.unshift(folder);
  for (const folder of folders) {
    const isOpen = await access(folder, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!isOpen) return folder;
  }
  return undefined;
}

function parsedKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function checkName(own: X509Certificate, { what, cert, name, remedy }: KeyPair): Finding | undefined {
  if (name === undefined) return undefined;
  const names = (own.subjectAltName ?? "").split(", ");
  if (names.some((other) => other.toLowerCase() === `dns:${name.toLowerCase()}`)) return undefined;
  // The URI is for the fleet's broker, and no name of the node.
  const others = names.filter((other) => other !== "" && !other.startsWith("URI:"));
  return failed(what, `${cert} is for ${others.join(", ") || "nobody"}, not for ${name}`, remedy);
}

function checkTime(own: X509Certificate, { what, cert, remedy }: KeyPair, nowMs: number): Finding {
  const [fromMs, toMs] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  const until = new Date(toMs).toISOString().slice(0, 10);
  if (nowMs < fromMs) return failed(what, `${cert} is not valid yet`, "set this machine's clock, then try again");
  if (nowMs > toMs) return failed(what, `${cert} has expired on ${until}`, remedy);
  if (toMs - nowMs < WARN_BEFORE_MS) return warning(what, `${cert} expires on ${until}`, remedy);
  return ok(what, `${cert}, until ${until}`);
}

async function checkSecrecy({ what, key }: KeyPair): Promise<readonly Finding[]> {
  const { mode } = await stat(key);
  if ((mode & READABLE_FOR_OTHERS) === 0) return [];
  return [warning(what, `everybody can read ${key}`, `chmod o-rwx ${key}`)];
}
