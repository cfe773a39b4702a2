import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { SetupError, step } from "./step.mjs";

/**
 * rsyslogd with RELP and TLS, certificates, ACLs, search, and compilers for the native add-on (SQLite) and the C
 * programs.
 */
const FOR_RUNNING =
  "rsyslog rsyslog-relp rsyslog-gnutls libpam0g-dev acl openssl ripgrep python3 make g++ gcc libc6-dev".split(" ");
/** The fleet's broker and its keys; the demo has a fleet of its own. */
const FOR_DEMO = ["nats-server", "openssh-client"];
/**
 * A real browser without its own windows, which cost as much as the pages in them; systemd-analyze, pgrep, network
 * namespaces, rsyslogd's other TLS driver, and strace to see who syncs when; and programs that people run under mlrun: both
 * MPIs, GNU parallel, ssh with a server that is not a service, vim, less; lnav, which reads our files; an IRC server for the bot.
 */
const FOR_TESTS = [
  ..."chromium-headless-shell systemd procps iproute2 rsyslog-openssl strace".split(" "),
  ..."mpich openmpi-bin parallel dropbear-bin vim-tiny less lnav ngircd".split(" "),
];

const APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"];
/**
 * Installed without starting them: Debian's services would listen at once, open to everybody. We start the programs
 * ourselves.
 */
const NOT_AS_SERVICES = ["nats-server", "ngircd"];
/** Through env(1), because sudo drops our variables. */
const NONINTERACTIVE = ["env", "DEBIAN_FRONTEND=noninteractive"];

const WANTED = {
  run: FOR_RUNNING,
  demo: [...FOR_RUNNING, ...FOR_DEMO],
  test: [...FOR_RUNNING, ...FOR_DEMO, ...FOR_TESTS],
};

/**
 * Installs missing Debian packages, as root or through sudo.
 *
 * @param {"run" | "demo" | "test"} purpose
 */
export function installPackages(purpose) {
  const wanted = WANTED[purpose];
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const prefix = becomeRoot();
  if (prefix === undefined) {
    throw new SetupError(`Debian packages are missing, and this is neither root nor can it use sudo. Run this as root, then try again:
  apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`);
  }
  step("reading Debian's package lists", [...prefix, ...APT, "update"]);
  const services = NOT_AS_SERVICES.filter((name) => missing.includes(name));
  if (services.length > 0 && existsSync("/run/systemd/system"))
    step(`keeping Debian's own ${services.join(", ")} off`, [...prefix, "systemctl", "mask", ...services]);
  const install = [...APT, "install", "--no-install-recommends", ...missing];
  step(`installing Debian packages: ${missing.join(" ")}`, [...prefix, ...install]);
}

function missingPackages(wanted) {
  const format = "--showformat=$" + "{Package} $" + "{db:Status-Status}\\n";
  const query = spawnSync("dpkg-query", ["--show", format, ...wanted], { encoding: "utf8" });
  if (query.error !== undefined) {
    console.error(`setup: this is not Debian; install the equivalents of these packages: ${wanted.join(" ")}`);
    return [];
  }
  const installed = new Set();
  for (const line of query.stdout.split("\n")) {
    const [name, status] = line.split(" ");
    if (status === "installed") installed.add(name);
  }
  return wanted.filter((name) => !installed.has(name));
}

/** The prefix that runs a command as root, or undefined. sudo may ask for a password only at a terminal. */
function becomeRoot() {
  if (process.getuid() === 0) return NONINTERACTIVE;
  if (spawnSync("sudo", ["-n", "true"]).status === 0) return ["sudo", "-n", ...NONINTERACTIVE];
  const canAsk = process.stdin.isTTY && spawnSync("sudo", ["--version"]).status === 0;
  return canAsk ? ["sudo", ...NONINTERACTIVE] : undefined;
}
