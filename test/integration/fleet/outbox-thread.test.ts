import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FleetSite } from "../../support/fleet-site.ts";
import { start } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const HAS_STRACE = spawnSync("strace", ["-f", "true"]).status === 0;
const CALLS = "write,writev,pwrite64,fsync,fdatasync";

test.skipIf(!HAS_STRACE)(
  "lines of jobs wait for no disk of the fleet: the collector's own thread never touches the outbox, and says that an order is stored once it is",
  async () => {
    const fleet = await FleetSite.create();
    const { pid } = fleet.site.collector;
    const trace = join(await tempFolder(), "trace");
    const strace = start("strace", ["-f", "-y", "-s", "80", "-o", trace, "-e", `trace=${CALLS}`, "-p", String(pid)]);
    await strace.waitFor(/attached/);
    expect((await fleet.run("-n", "node1", "--job", "traced", "--", "true")).code).toBe(0);
    strace.signal("SIGINT");
    await strace.ended;
    const calls = readFileSync(trace, "utf8").split("\n");
    const ofOutbox = calls.filter((call) => /<[^>]*outbox\.db[^>]*>/.test(call));
    const threads = new Set(ofOutbox.map((call) => Number.parseInt(call, 10)));
    expect([threads.size, threads.has(pid)]).toEqual([1, false]);
    const written = calls.findIndex((call) => /pwrite64\(\d+<[^>]*outbox\.db-wal>/.test(call));
    const synced = calls.findIndex((call, i) => i > written && /sync\(\d+<[^>]*outbox\.db-wal>/.test(call));
    const answered = calls.findIndex((call) => call.includes("HTTP/1.1 201 Created"));
    expect(written).toBeGreaterThan(-1);
    expect(synced).toBeGreaterThan(written);
    expect(answered).toBeGreaterThan(synced);
  },
);
