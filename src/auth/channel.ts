import { spawn } from "node:child_process";
import { connect, Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Opens a stream to a process that serves authentication. Destroying the stream lets go of that process. */
export type OpenChannel = () => Duplex;

/** An authentication service of its own, on a socket file. */
export function socketChannel(path: string): OpenChannel {
  return () => connect({ path });
}

/**
 * A child process that runs `serveAuth` on file descriptor 3, a socket pair: what a PAM module prints cannot be taken
 * for an answer. The child ends when its end is closed; one that hangs is killed.
 *
 * @param command Program and arguments.
 */
export function childChannel(command: readonly [string, ...string[]]): OpenChannel {
  const [program, ...args] = command;
  return () => {
    // A session of its own: Ctrl-C in a terminal is for the collector, which lets go of its child in order.
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "inherit", "pipe"] });
    const stream = child.stdio[3];
    if (!(stream instanceof Socket)) throw new TypeError("Cannot open a channel to the child: it has no descriptor 3");
    child.on("error", (error) => stream.destroy(error));
    child.on("exit", () => stream.destroy());
    stream.on("close", () => child.kill("SIGKILL"));
    return stream;
  };
}
