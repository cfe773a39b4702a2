import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replay } from "../../../src/ctl/replay/replay.ts";
import { mlctl } from "../../support/ctl.ts";
import { relayFrame } from "../../support/envelopes.ts";
import { earlierStart, envelopesOf } from "../../support/journal-files.ts";
import { poll } from "../../support/poll.ts";
import { startRelay } from "../../support/relay.ts";
import { startRelpDump } from "../../support/relp-dump.ts";
import { startReplay } from "../../support/replay.ts";
import { sendLines } from "../../support/send.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("does not replay what an undisturbed relay has delivered", () => {
  const LINES = 10_000;
  const { frames } = envelopesOf(LINES);
  /** Statuses as the relay writes them, one for each part of its queue. */
  const status = (figures = {}, diskFigures = {}) => [
    relayFrame({ onDisk: true, figures: diskFigures }),
    relayFrame({ figures: { maxqsize: 5_000, ...figures } }),
  ];
  const times = (count: number, lines: readonly string[]) => Array.from({ length: count }, () => lines).flat();
  const sentOf = async (files: Record<string, readonly string[]>) => {
    const dump = await startRelpDump();
    const stateDir = await tempFolder();
    await earlierStart(stateDir, "1", files);
    const place = ["--collector", `127.0.0.1:${dump.port}`, "--node", "node1", "--state-dir", stateDir];
    const done = await mlctl("relay-replay", ...place, "--insecure");
    expect(done).toMatchObject({ code: 0 });
    expect(existsSync(join(stateDir, "replay/1"))).toBe(false);
    const sent = dump.messages.map(String);
    // However many: a tail of the journal, whole.
    expect(sent).toEqual(frames.slice(frames.length - sent.length));
    return sent.length;
  };

  test("a nearly empty queue, never on disk, a minute before the end: replays frames in transit then, and all later ones", async () => {
    const files = {
      1: frames.slice(0, 5_000),
      current: [...frames.slice(5_000, 9_000), ...times(7, status({ size: 1_000 })), ...frames.slice(9_000)],
    };
    expect(await sentOf(files)).toBe(frames.length - 9_000 + 4_096);
  });

  test.each([
    ["none", times(0, [])],
    ["only of the last minute", times(6, status())],
    ["a queue with more than a few frames", times(9, status({ size: 1_001 }))],
    ["a queue that threw frames away", times(9, status({ "discarded.full": 1 }))],
    ["a queue that was on disk", times(9, status({}, { maxqsize: 1 }))],
    ["a queue that is on disk", times(9, status({}, { size: 1, maxqsize: 1 }))],
    ["half of the figures", times(9, status().slice(1))],
  ])("statuses that prove nothing: replays everything: %s", async (_, statuses) => {
    expect(await sentOf({ current: [...frames.slice(0, 9_000), ...statuses, ...frames.slice(9_000)] })).toBe(
      frames.length,
    );
  });

  test("and takes no room from another start's journal", async () => {
    const dump = await startRelpDump();
    const stateDir = await tempFolder();
    const settled = [...frames.slice(0, 9_000), ...times(7, status()), ...frames.slice(9_000)];
    const full = await earlierStart(stateDir, "1", { current: settled });
    await earlierStart(stateDir, "2", { current: frames.slice(0, 10) });
    const maxBytes = statSync(join(full, "current")).size;
    const target = async () => ({ host: "127.0.0.1", port: dump.port, tls: undefined });
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const done = await replay({ folder: join(stateDir, "replay"), target, maxBytes, say, pause: async () => {} });
    expect(done).toMatchObject({ droppedBytes: 0, frames: frames.length - 9_000 + 4_096 + 10 });
    expect(said).toEqual([]);
  });

  test("a disturbance after it: replays everything since, and frames in transit then", async () => {
    const calm = times(9, status());
    const away = times(20, status({ size: 3_000 }));
    const files = {
      current: [...frames.slice(0, 6_000), ...calm, ...frames.slice(6_000, 9_500), ...away, ...frames.slice(9_500)],
    };
    expect(await sentOf(files)).toBe(frames.length - 6_000 + 4_096);
  });
});

test("a real relay that was idle for a while: replays its last frames, not all", async () => {
  const dump = await startRelpDump();
  const folder = await tempFolder();
  // A status each second instead of each ten.
  const options = { folder, collectorPort: dump.port, parameters: { 'impstats" interval': "1" } };
  const relay = await startRelay(options);
  const message = (n: number) =>
    `<14>1 2026-11-20T04:17:44.960662Z h mlrun 1 LINES [ml@32473 v="1" t="lines" x="01JCABCDEFGHJKMNPQRSTVWXYZ" k="0123456789abcdefghijkl" s="stdout" n="${n}" c="1" b="1"] ${n} x`;
  // Fewer than would go to disk.
  const count = 6_000;
  await sendLines(
    relay.linesSocket,
    Array.from({ length: count }, (_, i) => message(i + 1)),
  );
  await dump.waitFor(count);
  const isCalm = async () => {
    const journal = await readFile(join(relay.stateDir, "journal/current"), "latin1");
    const behindFrames = journal.slice(journal.lastIndexOf(" - LINES ["));
    return behindFrames.split(" - RELAY - ").length > 2 * 8;
  };
  await poll("statuses of the queue when it is empty", isCalm);
  await relay.stop();
  await startRelay(options);
  const replay = startReplay(join(folder, "rsyslog.conf"));
  expect(await replay.ended).toMatchObject({ code: 0 });
  await dump.waitFor(count + 4_096);
  const numbers = dump.messages.map((message) => Number(/ n="(\d+)"/.exec(message.toString())?.[1]));
  expect(numbers[count]).toBe(count - 4_096 + 1);
  expect(numbers.slice(count)).toEqual(numbers.slice(count - 4_096, count));
}, 60_000);
