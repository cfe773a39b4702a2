import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fakeExecution } from "../../support/envelopes.ts";
import { openRelay, ROOT, startIngestSite } from "../../support/ingest-site.ts";
import { poll } from "../../support/poll.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const PAGE_BYTES = 4_096;

describe("an index that cannot be read", () => {
  it("keeps the relay connected and its lines stored, raises an alarm, and is used again once readable", async () => {
    const dataDir = await tempFolder();
    const path = join(dataDir, "index.db");
    const first = await startIngestSite({ dataDir });
    await (await openRelay(first)).send(fakeExecution().begin());
    await first.stop();
    copyFileSync(path, `${path}.whole`);
    const on = await startIngestSite({ dataDir });
    const relay = await openRelay(on);
    truncateSync(path, PAGE_BYTES);
    const a = fakeExecution();
    relay.command("syslog", a.lines(1, ["one"]));
    await poll("the alarm", () => on.store.failure !== undefined);
    expect(on.store.failure).toMatch(/^SQLITE_/);
    expect(relay.replies).toHaveLength(1);
    writeFileSync(path, readFileSync(`${path}.whole`), { flag: "r+" });
    await relay.send(a.begin(), a.end(1));
    expect(await on.archive.get(ROOT, a)).toMatchObject({ delivery: "complete", lines: 1 });
  });
});
