import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterwards } from "../support/cleanup.ts";
import { startMockCollector } from "../support/mock-collector.ts";
import { MockExecution } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { tabSeconds } from "./tab-seconds.ts";
import { openedInMiddle, sinceNavigation } from "./viewer-run.ts";

const X = "01JC0000000000000000000000";
const STEP_MS = 20;
const WARM_MS = 2_000;
const MEASURED_MS = 6_000;
const LONG_LINES = 10_000_000;
const JUMPS = 10;

interface Load {
  readonly nodes: number;
  /** Of each node. */
  readonly linesPerSecond: number;
  /** Most of one processor that the tab may take, in percent. */
  readonly atMost: number;
}

/** What the viewer costs in a real Chromium. */
export function viewerCase(): Case {
  return {
    name: "viewer",
    about: `The built viewer in headless Chromium, 1280 × 800, against the tests' collector: processor time of the tab's process while it follows, after ${WARM_MS / 1_000} s of warming up, for ${MEASURED_MS / 1_000} s; and the time to open and to jump in a log of ${LONG_LINES.toLocaleString("en-US")} lines, up to the line's being on the screen, the median of ${JUMPS} jumps; and to open a run in the middle of its time, from a real collector.`,
    besides: "nothing",
    cells: [
      following("following 50 lines/s", { nodes: 1, linesPerSecond: 50, atMost: 10 }),
      following("following 5,000 lines/s", { nodes: 1, linesPerSecond: 5_000, atMost: 25 }),
      following("following 50,000 lines/s", { nodes: 1, linesPerSecond: 50_000, atMost: 25 }),
      following("a job of 16 nodes, 100 lines/s each", { nodes: 16, linesPerSecond: 100, atMost: 20 }),
      {
        name: "10 million lines",
        metrics: [
          { name: "open", unit: "ms", judge: "value", goal: { atMost: 200 } },
          { name: "jump", unit: "ms", judge: "value", goal: { atMost: 100 } },
        ],
        ours: openAndJump,
      },
      openedInMiddle(),
    ],
  };
}

function following(name: string, load: Load): Cell {
  const metrics = [
    { name: "CPU of the tab", unit: "% of a core", judge: "value" as const, goal: { atMost: load.atMost } },
    { name: "heap", unit: "MB", judge: "value" as const },
  ];
  return { name, metrics, ours: () => followed(load) };
}

async function followed({ nodes, linesPerSecond }: Load): Promise<Figures> {
  const executions = Array.from({ length: nodes }, (_, at) => {
    const x = `${X.slice(0, -2)}${String(at).padStart(2, "0")}`;
    return new MockExecution({ x, node: `n${at}`, argv: ["./a"], job: "j", startedAtMs: Date.now(), lines: 1_000 });
  });
  const { browser, page, mock } = await openViewer(
    executions,
    nodes === 1 ? `?x=${executions[0]?.options.x}` : "?job=j&run=1",
  );
  await page.locator(".row").first().waitFor();
  await poll("it follows", () => mock.live.viewers > 0 && mock.live.received.length > 0);
  const session = await browser.newBrowserCDPSession();
  const startedMs = performance.now();
  let printed = 0;
  let [fromMs, fromCpu] = [0, 0];
  // Each step prints what is due: the machine may be late.
  for (let elapsedMs = 0; elapsedMs < WARM_MS + MEASURED_MS; elapsedMs = performance.now() - startedMs) {
    if (fromMs === 0 && elapsedMs >= WARM_MS) [fromMs, fromCpu] = [elapsedMs, await tabSeconds(session)];
    const due = Math.floor((elapsedMs / 1_000) * linesPerSecond) - printed;
    printed += due;
    for (const execution of due > 0 ? executions : []) {
      execution.print(due);
      mock.live.publish(execution, [execution.lastN - due + 1, execution.lastN]);
    }
    await pause(STEP_MS);
  }
  const seconds = (performance.now() - startedMs - fromMs) / 1_000;
  const cpu = ((await tabSeconds(session)) - fromCpu) / seconds;
  const lastN = executions[0]?.lastN ?? 0;
  await poll("it has kept up", async () => (await rowsInView(page)).some(({ n }) => n === lastN));
  const heap = await page.evaluate(
    () => (performance as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize,
  );
  return { "CPU of the tab": cpu * 100, heap: (heap ?? Number.NaN) / 1_000_000 };
}

async function openAndJump(): Promise<Figures> {
  const startedAtMs = Date.now() - 1_000_000;
  const ended = { state: "finished", code: 0 } as const;
  const execution = new MockExecution({ x: X, node: "n1", argv: ["./a"], startedAtMs, ended, lines: LONG_LINES });
  const before = performance.now();
  const { page } = await openViewer([execution], `?x=${X}`);
  await page.locator(`.row[data-n="${LONG_LINES}"]`).waitFor();
  const open = await sinceNavigation(page);
  if (!(open > 0 && open < performance.now() - before)) throw new Error("The page's own clock is wrong");
  const jumps: number[] = [];
  for (let at = 1; at <= JUMPS; at += 1) jumps.push(await jump(page, Math.floor((LONG_LINES * at) / (JUMPS + 1))));
  return { open, jump: jumps.sort((a, b) => a - b)[JUMPS / 2] ?? Number.NaN };
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

async function openViewer(executions: readonly MockExecution[], query: string) {
  const browser: Browser = await startBrowser();
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions });
  afterwards(() => mock.close());
  const { page } = await openPage(browser);
  await page.goto(`${mock.url}/${query}`);
  return { browser, mock, page };
}
