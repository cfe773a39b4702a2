import { accessSync, constants, mkdirSync } from "node:fs";
import { userInfo } from "node:os";

/** Users pass through it to their own folders. */
const FOLDER_MODE = 0o711;

/** Creates the collector's data folder if missing. Throws if it is not writable, with the reason and the next step. */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new Error(`Cannot write to data-dir ${folder}: ${code}: ${nextStep(code, folder)}`, { cause });
  }
}

function nextStep(code: string, folder: string): string {
  if (code === "EROFS") {
    const edit = `\`systemctl edit mlcollector\`, [Service] ReadWritePaths=${folder} (the folder must exist)`;
    return `its file system is read-only, as all but StateDirectory= is under the shipped unit: ${edit} opens it`;
  }
  if (code === "ENOTDIR" || code === "EEXIST") return "the path exists and is not a folder";
  return `give it to the user that the collector runs as: \`install -d -m 711 -o ${nameOfUser()} ${folder}\``;
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
