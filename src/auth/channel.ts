import { spawn } from "node:child_process";
import { connect } from "node:net";
import { Duplex } from "node:stream";

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
    // Out of descriptors, spawn() leaves stdio undefined and says why in an event.
    const stdio: (typeof child)["stdio"] | undefined = child.stdio;
    const stream = stdio?.[3] instanceof Duplex ? stdio[3] : new Duplex({ read() {}, write() {} });
    child.on("error", (error) => stream.destroy(error));
    child.on("exit", () => stream.destroy());
    stream.on("close", () => child.kill("SIGKILL"));
    return stream;
  };
}
