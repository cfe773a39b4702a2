import { spawn } from "node:child_process";
import { connect } from "node:net";
import { Duplex } from "node:stream";

/** Opens a stream to a process that serves authentication. Destroying the stream releases that process. */
export type OpenChannel = () => Duplex;

/** Connects to a separate authentication service through its socket file. */
export function socketChannel(path: string): OpenChannel {
  return () => connect({ path });
}

/**
 * Runs `serveAuth` in a child process on file descriptor 3, a socket pair, so that output of a PAM module cannot pass
 * for an answer. The child ends when its end is closed; one that hangs is killed.
 *
 * @param command Program and arguments.
 */
export function childChannel(command: readonly [string, ...string[]]): OpenChannel {
  const [program, ...args] = command;
  return () => {
    // A session of its own: Ctrl-C in a terminal must reach only the collector, which ends its child in order.
    const child = spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "inherit", "pipe"] });
    // Out of descriptors, spawn() leaves stdio undefined and reports the reason in an event.
    const stdio: (typeof child)["stdio"] | undefined = child.stdio;
    const stream = stdio?.[3] instanceof Duplex ? stdio[3] : new Duplex({ read() {}, write() {} });
    child.on("error", (error) => stream.destroy(error));
    child.on("exit", () => stream.destroy());
    stream.on("close", () => child.kill("SIGKILL"));
    return stream;
  };
}
