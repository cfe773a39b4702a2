/** Oldest supported Node, as `engines` in package.json. */
const FLOOR = [20, 19] as const;

/**
 * Ends the process with a message if Node is too old, like Debian 12's own. Code that it cannot parse would cause a
 * SyntaxError instead, so callers import nothing else, and nothing here is newer than ES2020.
 */
export function refuseOldNode(program: string, exitCode: number): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > FLOOR[0] || (major === FLOOR[0] && minor >= FLOOR[1])) return;
  process.stderr.write(
    `${program}: Node ${FLOOR.join(".")} or newer is needed, ${process.execPath} is ${process.versions.node}: ` +
      "install one from nodejs.org or deb.nodesource.com, before it in PATH\n",
  );
  process.exit(exitCode);
}
