import { lstatSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type Finding, ok, wrong } from "./finding.ts";

const WHAT = "socket";
const CONTAINER = "in a container: mount that folder from the machine, for instance -v";
/** Mode of a socket open to everybody. */
const FOR_ALL = 0o666;

/** Checks whether mlrun.sock is there and somebody listens. */
export async function checkSocket(runDir: string): Promise<Finding> {
  const path = join(runDir, "mlrun.sock");
  const gate = "systemctl enable --now marcologger-gate.socket marcologger-gate";
  if (!exists(runDir)) {
    const mend = `on the machine: ${gate}; ${CONTAINER} ${runDir}:${runDir}; or name another with --run-dir`;
    return wrong(WHAT, `there is no folder ${runDir}`, mend);
  }
  const fault = await connectTo(path);
  if (fault === "ENOENT")
    return wrong(WHAT, `there is no ${path}`, `${gate}; in a container: mount the folder, not the file`);
  if (fault === "ECONNREFUSED") return wrong(WHAT, `nobody listens on ${path}: the gate is not running`, gate);
  if (fault === "EACCES") {
    const mend = `as root: chmod 755 ${runDir}; chmod 666 ${path}`;
    return wrong(WHAT, `this user may not connect to ${path}`, mend);
  }
  if (fault !== undefined) return wrong(WHAT, `cannot connect to ${path}: ${fault}`, gate);
  const mode = statSync(path).mode & 0o777;
  if ((mode & FOR_ALL) !== FOR_ALL) {
    return wrong(
      WHAT,
      `${path} has mode ${mode.toString(8)}: not every user can connect`,
      `as root: chmod 666 ${path}`,
    );
  }
  return ok(WHAT, `${path}: the gate listens`);
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Connects. Returns the error's name, or undefined. */
function connectTo(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}
