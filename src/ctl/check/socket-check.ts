import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

/** Whether the service can make a unix socket: write its folder. The unit's own exists while the service runs. */
export async function checkSocket(what: string, path: string): Promise<Finding> {
  const folder = dirname(path);
  const fault = await access(folder, constants.W_OK | constants.X_OK).then(() => undefined, codeOf);
  if (fault === undefined) return ok(what, `unix:${path}`);
  if (fault === "ENOENT") {
    return warning(what, `${folder} is missing`, "make it; /run/mlcollector is there while mlcollector.service runs");
  }
  return failed(
    what,
    `${folder} cannot be written: ${fault}`,
    "use unix:/run/mlcollector/web.sock, or make it writable",
  );
}
