import { expect, test } from "vitest";
import { createLog } from "../../src/host/log.ts";
import { createMetrics } from "../../src/host/metrics.ts";
import { StorageAlarm } from "../../src/store/disk/storage-alarm.ts";
import { createStoreMetrics } from "../../src/store/store-metrics.ts";
import { LoadStoppedError } from "../../src/store/table/load-in-turns.ts";
import { tempFolder } from "../support/temp-folder.ts";

const FULL = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
const PROBE_AFTER_MS = 5_000;

async function alarmAt(path: string) {
  const lines: string[] = [];
  const at = { nowMs: 0, appendedBytes: 100 };
  const alarm = new StorageAlarm({
    log: createLog({ write: (text) => lines.push(text) }, "test"),
    metrics: createStoreMetrics(createMetrics()),
    path,
    nowMs: () => at.nowMs,
    appendedBytes: () => at.appendedBytes,
  });
  return { alarm, at, lines };
}

test("a batch that writes nothing does not end the alarm: it is logged once, and once again at its end", async () => {
  const { alarm, at, lines } = await alarmAt(await tempFolder());
  for (let i = 0; i < 3; i += 1) {
    alarm.failed(FULL);
    alarm.works();
    expect(alarm.failure).toBe("ENOSPC");
  }
  at.appendedBytes += 1;
  alarm.works();
  expect(alarm.failure).toBeUndefined();
  expect(lines.join("").match(/cannot store|storing again/g)).toEqual(["cannot store", "storing again"]);
});

test("without anything to write, a probe ends it once nothing has failed for a while", async () => {
  const { alarm, at } = await alarmAt(await tempFolder());
  alarm.failed(FULL);
  at.nowMs = PROBE_AFTER_MS - 1;
  alarm.probe();
  expect(alarm.failure).toBe("ENOSPC");
  at.nowMs = PROBE_AFTER_MS;
  alarm.probe();
  expect(alarm.failure).toBeUndefined();
});

test("a load that the collector's stop has ended raises no alarm", async () => {
  const { alarm, lines } = await alarmAt(await tempFolder());
  expect(alarm.failed(new LoadStoppedError())).toBe("unavailable");
  expect([alarm.failure, lines]).toEqual([undefined, []]);
});
