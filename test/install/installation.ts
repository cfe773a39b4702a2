import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../support/programs.ts";
import { startAptProxy } from "./apt-proxy.ts";
import { Host, must } from "./host.ts";
import { attach, createBridge, OUTSIDE } from "./network.ts";
import { blocksFor } from "./page.ts";

const NAMES = ["collector.example.org", "node1", "node2"] as const;
const FIRST_ADDRESS = 2;
/** One user on all hosts, as a directory would have it. */
export const ALICE = { name: "alice", uid: 2_001, password: "correct horse" } as const;

/** Usual on a server, but left out by debootstrap(8). The page installs everything that marcologger needs. */
const PACKAGES = "systemd,systemd-sysv,dbus,iproute2,ca-certificates,util-linux,passwd";
const MIRROR = "http://deb.debian.org/debian";

/** ssh and scp to a host whose root is mounted below /net: their transport is not under test. */
const SSH = `#!/bin/sh
host=\${1#root@}; shift; exec chroot /net/$host "$@"
`;
const SCP = `#!/bin/bash
[ "$1" = -p ] && shift; to=\${@: -1}; host=\${to%%:*}; exec cp -p "\${@:1:$#-1}" "/net/\${host#root@}\${to#*:}"
`;

export interface Hosts {
  readonly collector: Host;
  readonly node1: Host;
  readonly node2: Host;
}

/** A bare Debian 12, made once in a folder and kept there; takes minutes. */
export async function debian(folder: string): Promise<string> {
  const base = join(folder, "bookworm");
  const isMade = await stat(join(base, "ready")).catch(() => undefined);
  if (isMade !== undefined) return base;
  await mkdir(folder, { recursive: true });
  await must("rm", ["-rf", base]);
  await must("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, "bookworm", base, MIRROR]);
  await must("touch", [join(base, "ready")]);
  return base;
}

/** Runs the page's first step here, and boots three hosts that have its result in /root, and Node. */
export async function bootHosts(base: string, folder: string): Promise<Hosts> {
  await createBridge();
  const proxyPort = await startAptProxy(OUTSIDE);
  for (const { script } of blocksFor("build")) await must("bash", ["-e", "-c", `cd ${ROOT}\n${script}`]);
  const attachments = await Promise.all(NAMES.map((_, i) => attach(FIRST_ADDRESS + i)));
  const addresses = new Map(NAMES.map((name, i) => [name, attachments[i]?.address ?? ""]));
  const hosts: Host[] = [];
  for (const [i, name] of NAMES.entries()) {
    const namespace = attachments[i]?.namespace ?? "";
    const host = await Host.create({ name, base, folder, namespace, addresses });
    await host.write("etc/apt/apt.conf.d/proxy", `Acquire::http::Proxy "http://${OUTSIDE}:${proxyPort}";\n`);
    await host.copyIn(process.execPath, "usr/local/bin/node");
    await host.copyIn("/tmp/marcologger.tar.gz", "root/marcologger.tar.gz");
    await host.write("usr/local/bin/ssh", SSH, 0o755);
    await host.write("usr/local/bin/scp", SCP, 0o755);
    hosts.push(host);
  }
  const [collector, node1, node2] = hosts;
  if (collector === undefined || node1 === undefined || node2 === undefined) throw new Error("not all hosts were made");
  await node1.boot();
  await node2.boot();
  await collector.boot([`${node1.root}:/net/node1`, `${node2.root}:/net/node2`]);
  for (const host of hosts) {
    const user = `useradd --create-home --uid ${ALICE.uid} --user-group --shell /bin/bash ${ALICE.name}`;
    const made = await host.sh(`${user}\necho '${ALICE.name}:${ALICE.password}' | chpasswd\n`);
    if (made.code !== 0) throw new Error(`Cannot make ${ALICE.name} on ${host.name}: ${made.stderr}`);
  }
  return { collector, node1, node2 };
}
