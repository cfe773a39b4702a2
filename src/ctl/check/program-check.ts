import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

/** Whether the service's user can use Node and this installation. */
export async function checkInstallation(installation: string): Promise<Finding> {
  const what = "Node";
  try {
    await access(process.execPath, constants.X_OK);
    await access(installation, constants.R_OK | constants.X_OK);
    return ok(what, `${process.versions.node}, ${process.execPath}`);
  } catch (error) {
    const found = `the service cannot use ${process.execPath} and ${installation}: ${codeOf(error)}`;
    return failed(what, found, `chmod -R a+rX ${installation}, and a+x for the folders above it`);
  }
}

/** A program that the service starts, and the Debian package that contains it. */
export async function checkProgram(name: string, packageName: string): Promise<Finding> {
  try {
    await run(name, ["--version"], { timeout: TIMEOUT_MS });
  } catch (error) {
    // Even an error about --version shows that the program exists.
    if (codeOf(error) === "ENOENT") return failed(name, "is not installed", `apt-get install ${packageName}`);
    if (codeOf(error) === "EACCES") return failed(name, "the service may not run it", `look at \`command -v ${name}\``);
  }
  return ok(name, "is installed");
}

/** Like `checkProgram`, for one without which the service lacks something. */
export async function checkUsefulProgram(
  name: string,
  packageName: string,
  options: { readonly without: string },
): Promise<Finding> {
  const finding = await checkProgram(name, packageName);
  return finding.state === "failed"
    ? warning(name, `${finding.found}: ${options.without}`, finding.next ?? "")
    : finding;
}
