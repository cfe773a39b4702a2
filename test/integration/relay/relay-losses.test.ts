import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { freePort } from "../../support/free-port.ts";
import { type Relay, type RelayOptions, startRelay } from "../../support/relay.ts";
import { type RelpDump, startRelpDump } from "../../support/relp-dump.ts";
import { startReplay } from "../../support/replay.ts";
import { describeAsRoot, runAsRoot } from "../../support/root.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

// Loses exactly what the README says can still be lost: no more, no less.

const COUNT = 3_000;
const frame = (n: number) =>
  `<14>1 2026-11-20T04:17:44.960662Z h mlrun 1 LINES [ml@32473 v="1" t="lines" x="01JCABCDEFGHJKMNPQRSTVWXYZ" k="0123456789abcdefghijkl" s="stdout" n="${n}" c="1" b="1"] ${n} x`;
const frames = Array.from({ length: COUNT }, (_, i) => frame(i + 1));

const numbersIn = (texts: readonly string[]) =>
  texts.flatMap((text) => [...(/ mlrun - LINES .* n="(\d+)"/g.exec(text)?.slice(1, 2) ?? [])].map(Number));

/** Numbers that arrive after a relay without a collector was killed and started again. */
async function arrivingAfterKill(options: Partial<RelayOptions>): Promise<{ arrived: Set<number>; held: number[] }> {
  const port = await freePort();
  const folder = await tempFolder();
  const relay = await startRelay({ folder, collectorPort: port, ...options });
  await sendLines(relay.linesSocket, frames);
  await relay.kill();
  const held = await journalNumbers(relay);
  const dump = await startRelpDump({ port });
  await startRelay({ folder, collectorPort: port, ...options });
  expect(await startReplay(join(folder, "rsyslog.conf")).ended).toMatchObject({ code: 0 });
  return { arrived: numbersOf(dump), held };
}

const numbersOf = (dump: RelpDump) => new Set(numbersIn(dump.messages.map(String)));

async function journalNumbers({ stateDir }: Pick<Relay, "stateDir">): Promise<number[]> {
  const parts = ["4", "3", "2", "1", "current"].map((name) => join(stateDir, "journal", name));
  const texts = await Promise.all(parts.map((path) => readFile(path, "latin1").catch(() => "")));
  return numbersIn(texts.join("").split("\n"));
}

test("a journal overrun: loses what a killed relay took over before the journal's oldest part", async () => {
  const { arrived, held } = await arrivingAfterKill({ parameters: { "rotation.sizeLimit": "50000" } });
  expect(held.length).toBeGreaterThan(0);
  expect(held.length).toBeLessThan(COUNT);
  expect(held).toEqual(frames.map((_, i) => i + 1).slice(-held.length));
  expect(arrived).toEqual(new Set(held));
});

test("no journal: loses everything that a killed relay had in memory", async () => {
  expect(await arrivingAfterKill({ journal: false })).toEqual({ arrived: new Set(), held: [] });
});

describeAsRoot("the node's power cut", () => {
  test("leaves what the kernel had written: may lose the last seconds, and nothing before", async () => {
    const folder = await tempFolder();
    const mount = async (image: string, path: string) => {
      await mkdir(path, { recursive: true });
      expect(await runAsRoot("mount", ["-o", "loop", image, path])).toMatchObject({ code: 0 });
      afterwards(async () => void (await runAsRoot("umount", ["-l", path])));
    };
    const [image, copy] = [join(folder, "disk"), join(folder, "disk-after-power-cut")];
    expect(await runAsRoot("truncate", ["-s", "64m", image])).toMatchObject({ code: 0 });
    expect(await runAsRoot("mkfs.ext4", ["-q", "-E", "root_owner", image])).toMatchObject({ code: 0 });
    await mount(image, join(folder, "state"));
    const relay = await startRelay({ folder, collectorPort: await freePort() });
    await sendLines(relay.linesSocket, frames);
    expect(await journalNumbers(relay)).toHaveLength(COUNT);
    expect(await runAsRoot("cp", [image, copy])).toMatchObject({ code: 0 });
    await relay.kill();
    await mount(copy, join(folder, "after"));
    const left = await journalNumbers({ stateDir: join(folder, "after") });
    // On an idle machine nothing is lost: the kernel writes after some seconds.
    expect(left).toEqual(frames.map((_, i) => i + 1).slice(0, left.length));
  });
});
