import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { codeOf, type Finding, failed, ok } from "./finding.ts";

const RSYSLOGD = "/usr/sbin/rsyslogd";
const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 1_048_576;
/** Most faults shown; later ones often follow from the first. */
const MAX_FAULTS = 5;
const REWRITE = "correct it, or write the relay's part again with `mlctl relay-config ... --out FILE`";

/** Debian packages of the modules that a relay may need. */
const PACKAGES: Readonly<Record<string, string>> = {
  omrelp: "rsyslog-relp",
  lmnsd_gtls: "rsyslog-gnutls",
  lmnsd_ossl: "rsyslog-openssl",
};

/** Makes rsyslogd read the configuration as at its start: with every module, as the current user. */
export async function checkRsyslogd(configuration: string): Promise<readonly Finding[]> {
  const what = "rsyslogd";
  try {
    await access(RSYSLOGD, constants.X_OK);
  } catch (error) {
    return [failed(what, `cannot run ${RSYSLOGD}: ${codeOf(error)}`, "apt-get install rsyslog rsyslog-relp")];
  }
  const { isValid, output } = await validate(configuration);
  if (isValid) return [ok(what, `accepts ${configuration}`)];
  const messages = output.split("\n").map((line) => line.replace(/^rsyslogd: | *\[v[\d.]+ try .*$/g, ""));
  const modules = messages.filter((message) => message.startsWith("could not load module"));
  const others = messages.filter((message) => message.startsWith("error during parsing"));
  const isCertificates = messages.some((message) => message.startsWith("error: certificate file"));
  // A missing module causes an error on every line that uses it.
  if (modules.length > 0) return modules.slice(0, MAX_FAULTS).map(missingModule);
  if (others.length > 0) return others.slice(0, MAX_FAULTS).map((message) => failed(what, message, REWRITE));
  // A separate check covers the certificates, with the next step.
  if (isCertificates) return [];
  return [failed(what, `does not accept ${configuration}`, `rsyslogd -N1 -f ${configuration} shows why`)];
}

function validate(configuration: string): Promise<{ isValid: boolean; output: string }> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  return new Promise((resolve) => {
    execFile(RSYSLOGD, ["-N1", "-f", configuration, "-i", "NONE"], options, (error, stdout, stderr) => {
      resolve({ isValid: error === null, output: `${stdout}\n${stderr}` });
    });
  });
}

function missingModule(message: string): Finding {
  const [, name = "?"] = /^could not load module '([^']*)'/.exec(message) ?? [];
  return failed(`module ${name}`, message, `apt-get install ${PACKAGES[name] ?? "rsyslog"}`);
}
