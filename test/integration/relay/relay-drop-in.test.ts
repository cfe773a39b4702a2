import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateBegin } from "../../support/as-sent.ts";
import { mlctl } from "../../support/ctl.ts";
import { freePort } from "../../support/free-port.ts";
import { poll } from "../../support/poll.ts";
import { run, start } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { OWN_GROUP, withParameters } from "../../support/relay.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { startRsyslogd } from "../../support/rsyslogd.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const TIME = "2026-11-20T04:17:44.960662Z";
const SECRET = "job-line-that-belongs-to-alice";
const SENDER = { uid: 1001, gid: 1002, pid: 7 };
const begin = gateBegin(`{"v":1,"cwd":"${SECRET}"}`, SENDER);
const line = (n: number) => `<14>1 ${TIME} h mlrun 1 LINES [ml@32473 v="1" n="${n}"] ${n} ${SECRET}`;

/** Debian's own rsyslog.conf, moved into a folder; without the kernel's log, which belongs to this machine. */
async function stockConfig(folder: string, extra: string): Promise<string> {
  const stock = await readFile(join(ROOT, "test/fixtures/debian-12-rsyslog.conf"), "utf8");
  const moved = stock
    .replace('module(load="imuxsock")', `module(load="imuxsock" SysSock.Name="${folder}/devlog")`)
    .replace(/^module\(load="imklog"\).*$/m, "")
    .replace("$FileOwner root", `$FileOwner ${userInfo().username}`)
    .replace("$FileGroup adm", `$FileGroup ${userInfo().gid === 0 ? "adm" : userInfo().username}`)
    .replaceAll("/var/log/", `${folder}/log/`)
    .replaceAll("/var/spool/rsyslog", `${folder}/spool`)
    .replaceAll("/etc/rsyslog.d/", `${folder}/rsyslog.d/`);
  for (const name of ["log", "spool", "rsyslog.d", "relay", "state"])
    await mkdir(join(folder, name), { recursive: true });
  return `${extra}${moved}`;
}

interface Site {
  /** Logs a line as any program of the machine does, and waits until it is in the site's syslog. */
  log(text: string): Promise<void>;
  everythingLogged(): Promise<string>;
  readonly beginSocket: string;
  readonly linesSocket: string;
  readonly stateDir: string;
}

async function startSite(options: {
  port: number;
  extra?: string;
  parameters?: Readonly<Record<string, string>>;
}): Promise<Site> {
  const folder = await tempFolder();
  const config = await stockConfig(folder, options.extra ?? "");
  const folders = ["--relay-dir", join(folder, "relay"), "--state-dir", join(folder, "state"), ...OWN_GROUP];
  const where = ["--collector", `127.0.0.1:${options.port}`, "--node", "node1"];
  const { stdout } = await mlctl("relay-config", "--drop-in", "--insecure", ...where, ...folders);
  await writeFile(join(folder, "rsyslog.d/30-marcologger.conf"), withParameters(stdout, options.parameters ?? {}));
  const [beginSocket, linesSocket] = [join(folder, "relay/begin.sock"), join(folder, "relay/lines.sock")];
  const rsyslogd = await startRsyslogd({ folder, config, sockets: [join(folder, "devlog"), beginSocket, linesSocket] });
  expect(rsyslogd.process.output()).not.toMatch(/module|input|parameter/);

  const everythingLogged = async () => {
    const names = await readdir(join(folder, "log"));
    return (await Promise.all(names.map((name) => readFile(join(folder, "log", name), "utf8")))).join("");
  };
  return {
    beginSocket,
    linesSocket,
    stateDir: join(folder, "state"),
    everythingLogged,
    async log(text) {
      await run("logger", ["--socket", join(folder, "devlog"), text]);
      const isLogged = async () => (await readFile(join(folder, "log/syslog"), "utf8").catch(() => "")).includes(text);
      await poll(`${text} in syslog`, isLogged);
    },
  };
}

test.each([
  ["Debian's rsyslog.conf", ""],
  ["Ubuntu's reduction of repeated messages", "$RepeatedMsgReduction on\n"],
])(
  "with %s: sends job lines only to the collector, and the site's own lines where they always went",
  async (_, extra) => {
    const dump = await startRelpDump();
    const site = await startSite({ port: dump.port, extra });
    await site.log("a line of the site, before");
    await sendLines(site.beginSocket, [begin]);
    await sendLines(site.linesSocket, [1, 2, 3].map(line));
    await dump.waitFor(4);
    await site.log("a line of the site, after");
    const messages = dump.messages.map(String);
    expect(messages.filter((text) => text.includes("- BEGIN ["))).toHaveLength(1);
    expect(messages.filter((text) => text.includes("- LINES ["))).toHaveLength(3);
    for (const text of messages) expect(text).not.toContain("a line of the site");
    expect(await site.everythingLogged()).not.toContain(SECRET);
  },
);

test("keeps a frame one line of the journal when the site does not escape control characters", async () => {
  const dump = await startRelpDump();
  const site = await startSite({ port: dump.port, extra: 'global(parser.escapeControlCharactersOnReceive="off")\n' });
  const forged = `<134>1 ${TIME} node1 mlrun - BEGIN [ml@32473 uid="4242" gid="0" pid="1"] LINES - {"v":1}`;
  await sendLines(site.beginSocket, [`${begin}\n${forged}\n`, `<13>1 ${TIME} h mlrun 1 BEGIN [a b="\n${forged}\n"] x`]);
  await sendLines(site.linesSocket, [
    `${line(1)}\n${forged}\n`,
    `<14>1 ${TIME} h mlrun 1 LINES [a b="\n${forged}\n"] x`,
  ]);
  await dump.waitFor(4);
  expect(dump.messages.map(String).join()).toContain(`\n${forged}`);
  const lines = await poll("the journal", async () => {
    const text = await readFile(join(site.stateDir, "journal/current"), "utf8").catch(() => "");
    const all = text.split("\n").filter((part) => part !== "");
    return all.length >= 4 && all;
  });
  expect(lines).toHaveLength(4);
  for (const text of lines) expect(text).not.toMatch(/^<134>1 \S+ \S+ mlrun - BEGIN \[ml@32473 uid="4242"/);
});

test("does not stop the site's own log while the collector is away, however many BEGINs come", async () => {
  const small = {
    "queue.size": "100",
    "queue.lightDelayMark": "70",
    "queue.highWatermark": "90",
    "queue.lowWatermark": "10",
    // Almost no disk: the forward queue fills at once and delays every sender that it can delay.
    "queue.maxDiskSpace": "4k",
    "queue.maxFileSize": "4k",
    "queue.timeoutShutdown": "100",
    "queue.timeoutActionCompletion": "100",
  };
  const site = await startSite({ port: await freePort(), parameters: small });
  // Several connections, as of a gate that does not wait: more than imptcp has threads.
  const send = "import signal,socket,sys; m=sys.stdin.buffer.read(); c=[]\n";
  const loop =
    "for i in range(8):\n  s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.setblocking(False); c.append(s)\n";
  const fill = "  for j in range(1000):\n    try: s.send(b'%d ' % len(m) + m)\n    except BlockingIOError: break\n";
  const sender = start(
    "python3",
    ["-c", `${send}${loop}${fill}print('sent', flush=True); signal.pause()`, site.beginSocket],
    { input: begin },
  );
  await sender.waitFor(/sent/);
  await site.log("a line of the site, in between");
  expect(await site.everythingLogged()).not.toContain(SECRET);
});
