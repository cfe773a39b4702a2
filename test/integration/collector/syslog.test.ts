import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../src/host/metrics.ts";
import { startSyslogTcp } from "../../../src/ingest/syslog/syslog-tcp.ts";
import { startSyslogUdp } from "../../../src/ingest/syslog/syslog-udp.ts";
import { SyslogFiles } from "../../../src/store/syslog/syslog-files.ts";
import { afterwards } from "../../support/cleanup.ts";
import { fakeExecution } from "../../support/envelopes.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { describeAsRoot } from "../../support/root.ts";
import { SmallDisk } from "../../support/small-disk.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const log = { event: () => {} };

async function listeners() {
  const logsDir = await tempFolder();
  const sink = new SyslogFiles({ logsDir, log, nowMs: Date.now, wallMs: Date.now });
  const options = { host: "127.0.0.1", sink, log, metrics: createMetrics() };
  const tcp = await startSyslogTcp({ ...options, port: 0 });
  afterwards(async () => {
    await tcp.stop();
    await sink.stop();
  });
  const path = join(logsDir, "_syslog", "127.0.0.1.log");
  const messages = () => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []);
  const texts = () => messages().map((line) => line.slice(line.indexOf(" ") + 1));
  return { options, tcp, texts, path, logsDir };
}

async function send(port: number, ...parts: readonly (string | Buffer)[]): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  for (const part of parts) socket.write(part);
  socket.end();
  socket.resume();
  await once(socket, "close");
}

describe("ordinary syslog over TCP", () => {
  it("is read in both framings of RFC 6587", async () => {
    const { tcp, texts } = await listeners();
    await send(tcp.port, "<13>counted no\n");
    await send(tcp.port, "11 <13>counted12 <13>two\nmore");
    await poll("three messages", () => texts().length === 3);
    expect(texts()).toEqual(["<13>counted no", "<13>counted", "<13>two#012more"]);
  });

  it("is read the same wherever the stream is split", async () => {
    const { tcp, texts } = await listeners();
    const whole = "5 <1>ab6 <1>abc";
    for (let at = 1; at < whole.length; at += 1) await send(tcp.port, whole.slice(0, at), whole.slice(at));
    await poll("all messages", () => texts().length === 2 * (whole.length - 1));
    expect(new Set(texts())).toEqual(new Set(["<1>ab", "<1>abc"]));
  });

  it.each([
    ["a length beyond the limit", "99999999 x"],
    ["a length without a space", "12x"],
    ["an endless line", Buffer.alloc(70_000, 0x61)],
  ])("cuts off %s", async (_what, bytes) => {
    const { tcp, options } = await listeners();
    await send(tcp.port, bytes);
    expect(await options.metrics.text()).toMatch(/ml_syslog_tcp_discarded_total\{reason="framing"\} 1/);
  });

  it("never becomes a line of an execution, and users cannot read it", async () => {
    const { tcp, texts, path, logsDir } = await listeners();
    const forged = fakeExecution();
    await send(tcp.port, `${forged.begin()}\n${forged.lines(1, ["forged"])}\n`);
    await poll("both messages", () => texts().length === 2);
    expect(readdirSync(logsDir)).toEqual(["_syslog"]);
    expect([statSync(path).mode & 0o7, statSync(join(logsDir, "_syslog")).mode & 0o7]).toEqual([0, 0]);
  });
});

describe("ordinary syslog over UDP", () => {
  it("is written to its source's file, one message a line", async () => {
    const { options, texts } = await listeners();
    const port = await freePort("udp");
    const udp = await startSyslogUdp({ ...options, port });
    afterwards(() => udp.stop());
    const socket = createSocket("udp4");
    afterwards(() => socket.close() && undefined);
    socket.send("<13>one\ntwo\u001b[31m\n", port, "127.0.0.1");
    await poll("the message", () => texts().length === 1);
    expect(texts()).toEqual(["<13>one#012two#033[31m"]);
  });

  it("reports a port in use, once", async () => {
    const { options } = await listeners();
    const told: string[] = [];
    const log = { event: (_: string, what: string) => void told.push(what) };
    const socket = createSocket("udp4");
    afterwards(() => socket.close() && undefined);
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    await expect(startSyslogUdp({ ...options, log, port: socket.address().port })).rejects.toThrow(/EADDRINUSE/);
    expect(told).toEqual([]);
  });
});

/** A sink with a stopped clock, and its log. */
async function sinkIn(logsDir: string) {
  const clock = { nowMs: Date.now(), wallMs: Date.now() };
  const told: string[] = [];
  const log = { event: (_: string, what: string) => void told.push(what) };
  const sink = new SyslogFiles({ logsDir, log, nowMs: () => clock.nowMs, wallMs: () => clock.wallMs });
  afterwards(() => sink.stop());
  const path = join(logsDir, "_syslog", "10.0.0.1.log");
  const write = (text: string) => sink.write("10.0.0.1", Buffer.from(text));
  const untilBroken = () => poll("a message to be thrown away", () => !write("lost".padEnd(10_000, ".")));
  return { path, told, write, untilBroken, advance: () => (clock.nowMs += 5_000), clock };
}

describe("a source's file that cannot be opened", () => {
  it("loses only what comes meanwhile, counts it, and says so once", async () => {
    const logsDir = await tempFolder();
    mkdirSync(join(logsDir, "_syslog/10.0.0.1.log"), { recursive: true });
    const { path, told, write, untilBroken, advance } = await sinkIn(logsDir);
    await untilBroken();
    advance();
    await untilBroken();
    rmdirSync(path);
    expect(write("still lost")).toBe(false);
    advance();
    expect(write("kept")).toBe(true);
    await poll("the message", () => existsSync(path) && readFileSync(path, "utf8").endsWith(" kept\n"));
    expect(told).toEqual(["cannot write syslog"]);
  });
});

it("is written again when the machine's clock was set back by a day meanwhile, with the new time", async () => {
  const logsDir = await tempFolder();
  mkdirSync(join(logsDir, "_syslog/10.0.0.1.log"), { recursive: true });
  const { path, write, untilBroken, advance, clock } = await sinkIn(logsDir);
  await untilBroken();
  rmdirSync(path);
  clock.wallMs = Date.UTC(2026, 0, 1);
  advance();
  expect(write("kept")).toBe(true);
  await poll("the message", () => existsSync(path) && readFileSync(path, "utf8") === "2026-01-01T00:00:00.000Z kept\n");
});

describeAsRoot("ordinary syslog on a full disk", () => {
  it("counts discarded messages, and writes again once there is room", async () => {
    const logsDir = join(await tempFolder(), "logs");
    const disk = await SmallDisk.mount(logsDir, 1);
    const { path, told, write, untilBroken, advance } = await sinkIn(logsDir);
    disk.fill(4_096);
    await untilBroken();
    disk.free();
    expect(write("still lost")).toBe(false);
    advance();
    expect(write("kept")).toBe(true);
    await poll("the message", () => readFileSync(path, "utf8").endsWith(" kept\n"));
    expect(told).toEqual(["cannot write syslog"]);
  });
});
