import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MLGATE } from "../../support/gate.ts";
import { gateClient } from "../../support/gate-client.ts";
import { beginMessage, lineFrame, NAME } from "../../support/gate-messages.ts";
import { startGateRelay, startGateSite } from "../../support/gate-site.ts";
import { poll } from "../../support/poll.ts";
import { run, start } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

test("--help lists every option, and --version says which it is", async () => {
  const help = await run(MLGATE, ["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  const options = "listen lines begin connections-per-user begins-per-second rest-within-ms metrics help version".split(
    " ",
  );
  for (const option of options) expect(help.stdout).toContain(`--${option}`);
  const manifest: { version: string } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect((await run(MLGATE, ["--version"])).stdout).toBe(`mlgate ${manifest.version}\n`);
});

const SOCKETS = ["--listen", "/nowhere/a", "--lines", "/nowhere/b", "--begin", "/nowhere/c"];
test.each([
  ["no socket to listen at", SOCKETS.slice(2), 2, "mlgate: Cannot start: --listen PATH is missing"],
  ["no relay", SOCKETS.slice(0, 4), 2, "mlgate: Cannot start: --begin PATH is missing"],
  ["a path too long", [...SOCKETS, "--lines", `/${"x".repeat(107)}`], 2, "its path has 108 octets, limit is 107"],
  ["a bad number", [...SOCKETS, "--connections-per-user", "0x10"], 2, "a number from 1 to 131072 is needed"],
  ["a number too large", [...SOCKETS, "--rest-within-ms", "99999999999999999999"], 2, "a number from 1 to 600000"],
  ["an argument", [...SOCKETS, "more"], 2, "mlgate: Cannot use the argument more; mlgate --help shows all"],
  ["an unknown option", [...SOCKETS, "--shout"], 2, "unrecognized option '--shout'"],
  ["a folder that is not there", SOCKETS, 1, "<3>gate: cannot listen at /nowhere/a: No such file or directory\n"],
])("%s: it ends, and says why", async (_, args, code, message) => {
  const result = await run(MLGATE, args);
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toContain(message);
});

test("with few descriptors gives a user a quarter of the connections, and says so", async () => {
  const folder = await tempFolder();
  await startGateRelay(folder);
  const [listen, lines, begin] = [join(folder, "mlrun.sock"), join(folder, "relay/lines.sock"), join(folder, "begin")];
  const sockets = ["--listen", listen, "--lines", lines, "--begin", begin];
  // The soft limit is lower, and raised to the hard one.
  const gate = start("prlimit", ["--nofile=256:1597", "--", MLGATE, ...sockets]);
  const said =
    "1597 descriptors allow 400 connections, so 100 of a user instead of 1000: raise LimitNOFILE= \\(ulimit -Hn\\)";
  await gate.waitFor(new RegExp(`^<4>gate: ${said}$`, "m"));
  const few = await run("prlimit", ["--nofile=804:804", "--", MLGATE, ...sockets]);
  expect(few).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("too few descriptors, at least 805 are needed"),
  });
});

test("opens its socket to everybody; a second gate leaves it alone, and takes over a killed one's", async () => {
  const folder = await tempFolder();
  await startGateRelay(folder);
  const first = await startGateSite({ folder });
  expect((await stat(first.socket)).mode & 0o777).toBe(0o666);
  const second = await run(MLGATE, ["--listen", first.socket, "--lines", first.linesPath, "--begin", first.beginPath]);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("Address already in use") });
  await first.process.end("SIGKILL");
  expect(existsSync(first.socket)).toBe(true);
  const third = await startGateSite({ folder });
  const client = gateClient(third.socket);
  client.write(beginMessage(NAME));
  await client.begun();
});

test("writes the counters to the metrics file, and nothing to stdout", async () => {
  const folder = await tempFolder();
  await startGateRelay(folder);
  const metrics = join(folder, "metrics.prom");
  const gate = await startGateSite({ folder, arguments: ["--metrics", metrics] });
  const client = gateClient(gate.socket);
  client.write(beginMessage(NAME), lineFrame(NAME, 1));
  client.finish();
  expect(await client.ended).toBe("KT");
  await gate.process.end("SIGTERM");
  const text = await readFile(metrics, "utf8");
  expect(text).toContain("# TYPE ml_gate_taken_over_total counter\nml_gate_taken_over_total 1\n");
  expect(text).toContain(`ml_gate_bytes_total ${lineFrame(NAME, 1).length}\n`);
  const line = /^(# TYPE ml_gate_\w+ (counter|gauge)|ml_gate_\w+(\{\w+="\w+"\})? \d+)$/;
  expect(text.trimEnd().split("\n")).toEqual(expect.arrayContaining([expect.stringMatching(line)]));
  expect(text.split("\n").filter((row) => row !== "" && !line.test(row))).toEqual([]);
  expect(gate.process.stdout().toString()).toBe("");
});

test("refuses nobody across a kill and restart when systemd holds the socket", async () => {
  const folder = await tempFolder();
  const relay = await startGateRelay(folder);
  const socket = join(folder, "mlrun.sock");
  const paths = ["--lines", relay.lines.path, "--begin", relay.begin.path];
  const holder = start("python3", ["test/fixtures/programs/socket_holder.py", socket, MLGATE, ...paths], { cwd: ROOT });
  await holder.waitFor(/started/);
  const before = gateClient(socket);
  before.write(beginMessage(NAME));
  await before.begun();
  holder.stdin?.write("\n");
  await holder.waitFor(/killed/);
  expect(await before.ended).toBe("K");
  const meanwhile = gateClient(socket);
  meanwhile.write(beginMessage(NAME), lineFrame(NAME, 1));
  meanwhile.finish();
  await poll("the connection", () => meanwhile.socket.readyState === "readOnly");
  holder.stdin?.write("\n");
  expect(await meanwhile.ended).toBe("KT");
  holder.stdin?.end();
  expect(await holder.ended).toMatchObject({ code: 0 });
});

test("accepts only a listening unix socket from systemd", async () => {
  const [folder, script] = [await tempFolder(), 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null'];
  const paths = ["--lines", join(folder, "lines.sock"), "--begin", join(folder, "begin.sock")];
  const result = await run("sh", ["-c", script, "sh", MLGATE, ...paths]);
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining("one unix stream socket that listens") });
});
