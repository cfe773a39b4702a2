import { poll } from "../support/poll.ts";
import type { Host } from "./host.ts";
import { ALICE, type Hosts } from "./installation.ts";
import { blocksFor } from "./page.ts";

const WITHIN_MS = 90_000;

/** Checks of hosts on which the page was followed. Each throws when it fails. */
export const CHECKS: Readonly<Record<string, (hosts: Hosts) => Promise<void>>> = {
  "a line of node1, with a relay of its own, is in alice's file": ({ collector, node1 }) => arrives(collector, node1),
  "a line of node2, with the site's rsyslogd, is in alice's file": ({ collector, node2 }) => arrives(collector, node2),
  "the site's own log goes on, without lines of jobs": async ({ node2 }) => {
    await must(node2, "logger marker-of-the-site");
    await poll("the site's log", async () => (await node2.sh("grep -q marker-of-the-site /var/log/syslog")).code === 0);
    await must(node2, "! grep -q 'hello from' /var/log/syslog");
  },
  "alice signs in with her password, and nobody with another": async ({ collector }) => {
    for (const [password, status] of [
      [ALICE.password, 204],
      ["wrong", 401],
    ] as const) {
      const body = JSON.stringify({ user: ALICE.name, password });
      const origin = "https://collector.example.org:8514";
      const options = `{ method: "POST", headers: { "content-type": "application/json", origin: "${origin}" }, body: ${JSON.stringify(body)} }`;
      const ask = `fetch("${origin}/api/login", ${options}).then((r) => console.log(r.status))`;
      const said = await must(collector, `NODE_TLS_REJECT_UNAUTHORIZED=0 node --no-warnings -e '${ask}'`);
      if (said.trim() !== String(status)) throw new Error(`login with ${password}: ${said}, not ${status}`);
    }
  },
  "a relay that cannot read its key does not start, and says what to do": async ({ node1 }) => {
    await must(node1, "chgrp root /etc/marcologger/pki/node1.key");
    const restarted = await node1.sh("systemctl restart marcologger-relay");
    const log = await must(node1, "journalctl -u marcologger-relay --no-pager -o cat -n 30");
    await must(node1, "chgrp marcologger-relay /etc/marcologger/pki/node1.key");
    await must(node1, "systemctl restart marcologger-relay");
    if (restarted.code === 0) throw new Error("it started");
    if (!/cannot read .*node1\.key/.test(log) || !/next: chgrp marcologger-relay/.test(log)) throw new Error(log);
  },
  "a collector whose group is misspelt does not start, and says so": async ({ collector }) => {
    const file = "/etc/marcologger/collector.toml";
    await must(collector, `cp -a ${file} ${file}.good && echo 'admin-group = "rooot"' >> ${file}`);
    const restarted = await collector.sh("systemctl restart mlcollector");
    const log = await must(collector, "journalctl -u mlcollector --no-pager -o cat -n 30");
    await must(collector, `mv ${file}.good ${file} && systemctl restart mlcollector`);
    if (restarted.code === 0) throw new Error("it started");
    if (!log.includes("there is no group rooot")) throw new Error(log);
  },
  "a replay that waits uses a port that was corrected, once the relay is restarted": async ({ collector, node1 }) => {
    const config = "/etc/marcologger/relay.conf";
    await must(node1, `cp -a ${config} ${config}.good && sed -i 's/2514/2599/g' ${config}`);
    await must(node1, "systemctl restart marcologger-relay");
    await runAs(node1, "mlrun -- echo waits in the journal of node1");
    await must(node1, "systemctl restart marcologger-relay");
    await poll("the replay to wait", async () => {
      return (await must(node1, "journalctl -u marcologger-replay --no-pager -o cat")).includes("is away");
    });
    await must(node1, `mv ${config}.good ${config} && systemctl restart marcologger-relay`);
    await isStored(collector, "waits in the journal of node1");
    const left = async () => (await must(node1, "ls /var/lib/marcologger-relay/replay")).trim() === "";
    await poll("the replay's folder to be empty", left, WITHIN_MS);
  },
  "after a reboot both nodes send": async ({ collector, node1, node2 }) => {
    for (const host of [node1, node2]) {
      await host.reboot();
      await runAs(host, `mlrun -- echo booted again: ${host.name}`);
      await isStored(collector, `booted again: ${host.name}`);
    }
  },
};

async function arrives(collector: Host, node: Host): Promise<void> {
  for (const { script } of blocksFor("user")) await runAs(node, script);
  await isStored(collector, `hello from ${node.name}`);
}

/** Alice finds it in her files. */
async function isStored(collector: Host, text: string): Promise<void> {
  const found = `grep -rqF '${text}' /var/lib/marcologger/logs/${ALICE.name}/`;
  await poll(`"${text}" in alice's files`, async () => (await collector.sh(found, ALICE.name)).code === 0, WITHIN_MS);
}

async function runAs(node: Host, script: string): Promise<void> {
  const result = await node.sh(script, ALICE.name);
  if (result.code === 0 && result.stderr === "") return;
  throw new Error(`${node.name}: ${script.trim()} ended with ${result.code}: ${result.stderr}`);
}

/** Runs a script as root, which must succeed. Returns its output. */
async function must(host: Host, script: string): Promise<string> {
  const result = await host.sh(script);
  if (result.code !== 0) throw new Error(`${host.name}: ${script} ended with ${result.code}: ${result.stderr}`);
  return result.stdout;
}
