import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { MockExecution } from "../support/mock-executions.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { opening } from "./opening.ts";
import { residentMemoryMiB } from "./process-figures.ts";
import { tabProcess, tabSeconds } from "./tab-process.ts";
import { FollowedLoad, type Load, startViewer, X } from "./viewer-load.ts";
import { openedInMiddle } from "./viewer-run.ts";

const WARM_MS = 2_000;
const MEASURED_MS = 6_000;
const REMEMBERED_MS = 300_000;
const LONG_LINES = 10_000_000;
const JUMPS = 10;
const SCROLLED_MS = 3_000;
const WHEEL_PX = 120;
const WHEEL_EVERY_MS = 15;

/** What the viewer costs in a real Chromium. */
export function viewerCase(): Case {
  return {
    name: "viewer",
    about: `The built viewer in headless Chromium, 1280 × 800, against the tests' collector: processor time of the tab's process while it follows, after ${WARM_MS / 1_000} s of warming up, for ${MEASURED_MS / 1_000} s; its memory after ${REMEMBERED_MS / 60_000} minutes of that (the heap once its garbage is collected); the time to open and to jump in a log of ${LONG_LINES.toLocaleString("en-US")} lines, up to the line's being on the screen, the median of ${JUMPS} jumps, the frames a second while a wheel turns there, and all scripts that were loaded until then, gzipped; and to open a run in the middle of its time, from a real collector.`,
    besides: "nothing",
    cells: [
      following("following 50 lines/s", { nodes: 1, linesPerSecond: 50 }, 10),
      following("following 5,000 lines/s", { nodes: 1, linesPerSecond: 5_000 }, 25),
      following("following 50,000 lines/s", { nodes: 1, linesPerSecond: 50_000 }, 25),
      following("a job of 16 nodes, 100 lines/s each", { nodes: 16, linesPerSecond: 100 }, 20),
      {
        name: `${REMEMBERED_MS / 60_000} minutes at 5,000 lines/s`,
        metrics: [
          { name: "memory of the tab", unit: "MiB", judge: "value", goal: { atMost: 296 } },
          { name: "heap", unit: "MB", judge: "value", goal: { atMost: 18 } },
        ],
        ours: remembered,
      },
      {
        name: "10 million lines",
        metrics: [
          { name: "open", unit: "ms", judge: "value", goal: { atMost: 200 } },
          { name: "jump", unit: "ms", judge: "value", goal: { atMost: 100 } },
          { name: "scroll", unit: "frames/s", judge: "value", goal: { atLeast: 55 } },
          { name: "scripts", unit: "KB gzipped", judge: "value", goal: { atMost: 60 } },
        ],
        ours: longLog,
      },
      openedInMiddle(),
    ],
  };
}

/** @param atMost of one processor, in percent */
function following(name: string, load: Load, atMost: number): Cell {
  const metrics = [
    { name: "CPU of the tab", unit: "% of a core", judge: "value" as const, goal: { atMost } },
    { name: "heap", unit: "MB", judge: "value" as const },
  ];
  return { name, metrics, ours: () => followed(load) };
}

async function followed(load: Load): Promise<Figures> {
  const followed = await FollowedLoad.open(load);
  const { browser, page } = followed.viewer;
  const session = await browser.newBrowserCDPSession();
  await followed.print(WARM_MS);
  const [fromMs, fromCpu] = [performance.now(), await tabSeconds(session)];
  await followed.print(MEASURED_MS);
  const cpu = ((await tabSeconds(session)) - fromCpu) / ((performance.now() - fromMs) / 1_000);
  await followed.seen();
  return { "CPU of the tab": cpu * 100, heap: await heapMB(page) };
}

async function remembered(): Promise<Figures> {
  const followed = await FollowedLoad.open({ nodes: 1, linesPerSecond: 5_000 });
  const { browser, page } = followed.viewer;
  await followed.print(REMEMBERED_MS);
  await followed.seen();
  const memory = residentMemoryMiB((await tabProcess(await browser.newBrowserCDPSession()))?.id ?? Number.NaN);
  await (await page.context().newCDPSession(page)).send("HeapProfiler.collectGarbage");
  return { "memory of the tab": memory, heap: await heapMB(page) };
}

async function heapMB(page: Page): Promise<number> {
  const heap = await page.evaluate(
    () => (performance as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize,
  );
  return (heap ?? Number.NaN) / 1_000_000;
}

async function longLog(): Promise<Figures> {
  const startedAtMs = Date.now() - 1_000_000;
  const ended = { state: "finished", code: 0 } as const;
  const execution = new MockExecution({ x: X, node: "n1", argv: ["./a"], startedAtMs, ended, lines: LONG_LINES });
  const { page, mock } = await startViewer([execution]);
  const open = await opening(page, `${mock.url}/?x=${X}`, `.row[data-n="${LONG_LINES}"]`);
  await page.locator(".facts").waitFor();
  const scripts = await scriptBytes(page, mock.url);
  const jumps: number[] = [];
  for (let at = 1; at <= JUMPS; at += 1) jumps.push(await jump(page, Math.floor((LONG_LINES * at) / (JUMPS + 1))));
  const jumped = jumps.sort((a, b) => a - b)[JUMPS / 2] ?? Number.NaN;
  return { open, jump: jumped, scroll: await scrolled(page), scripts: scripts / 1_000 };
}

/** From Enter to the line's row, in the page's own time. */
function jump(page: Page, n: number): Promise<number> {
  return page.evaluate(async (line) => {
    const field = document.querySelector<HTMLInputElement>("[data-goto]");
    if (field === null) throw new Error("There is no field to go to a line");
    field.value = String(line);
    const startedMs = performance.now();
    field.form?.requestSubmit();
    while (document.querySelector(`.row[data-n="${line}"]`) === null) await new Promise(requestAnimationFrame);
    return performance.now() - startedMs;
  }, n);
}

/** Frames in which the rows stood elsewhere than in the one before, while a wheel turns. */
async function scrolled(page: Page): Promise<number> {
  await page.mouse.move(400, 500);
  const frames = page.evaluate(async (forMs) => {
    const rows = document.querySelector(".rows");
    const place = () => `${rows?.querySelector<HTMLElement>(".row")?.dataset["n"]} ${rows?.getBoundingClientRect().y}`;
    let [last, moved] = [place(), 0];
    const startedMs = performance.now();
    while (performance.now() - startedMs < forMs) {
      await new Promise(requestAnimationFrame);
      const now = place();
      if (now !== last) moved += 1;
      last = now;
    }
    return moved / ((performance.now() - startedMs) / 1_000);
  }, SCROLLED_MS);
  let isDone = false;
  const measured = frames.finally(() => {
    isDone = true;
  });
  // A wheel does not wait for the page: each turn is answered with a frame, and a pause after that would halve the frames.
  const turns: Promise<void>[] = [];
  while (!isDone) {
    turns.push(page.mouse.wheel(0, -WHEEL_PX));
    await pause(WHEEL_EVERY_MS);
  }
  await Promise.all(turns);
  return measured;
}

async function scriptBytes(page: Page, origin: string): Promise<number> {
  const urls = await page.evaluate(() => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    return [...new Set(loaded.filter((name) => name.endsWith(".js")))];
  });
  const all = await Promise.all(
    urls.map(async (url) => Buffer.from(await (await fetch(new URL(url, origin))).arrayBuffer())),
  );
  return all.reduce((sum, script) => sum + gzipSync(script).length, 0);
}
