import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The least that any Node program needs to read a command's output from a FIFO, doing nothing with it. Runs the
 * command that its arguments name.
 */
const READ_BYTES = 65_536;

const folder = mkdtempSync(join(tmpdir(), "ml-fifo-"));
const path = join(folder, "fifo");
spawnSync("mkfifo", [path]);
const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
const writeEnd = openSync(path, constants.O_WRONLY);
rmSync(folder, { recursive: true });
const [command = "", ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["ignore", writeEnd, "inherit"] });
closeSync(writeEnd);
const onread = { buffer: Buffer.allocUnsafe(READ_BYTES), callback: () => true };
// As in mlrun: the option is Node's, its type lacks it.
const options: ConstructorParameters<typeof Socket>[0] & { onread: typeof onread } = { fd: readEnd, onread };
const socket = new Socket(options);
socket.resume();
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
