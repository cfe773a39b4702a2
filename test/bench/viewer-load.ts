import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterwards } from "../support/cleanup.ts";
import { type MockCollector, startMockCollector } from "../support/mock-collector.ts";
import { MockExecution } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";

export const X = "01JC0000000000000000000000";
const STEP_MS = 20;

export interface Load {
  readonly nodes: number;
  /** Of each node. */
  readonly linesPerSecond: number;
}

interface StartedViewer {
  readonly browser: Browser;
  readonly mock: MockCollector;
  readonly page: Page;
}

/** An empty page, and the tests' collector, which serves the built viewer. */
export async function startViewer(executions: readonly MockExecution[]): Promise<StartedViewer> {
  const browser = await startBrowser();
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions });
  afterwards(() => mock.close());
  const { page } = await openPage(browser);
  return { browser, mock, page };
}

/** Executions that print at a steady pace, and a page that follows them. */
export class FollowedLoad {
  readonly viewer: StartedViewer;
  readonly #executions: readonly MockExecution[];
  readonly #linesPerSecond: number;

  private constructor(viewer: StartedViewer, executions: readonly MockExecution[], { linesPerSecond }: Load) {
    this.viewer = viewer;
    this.#executions = executions;
    this.#linesPerSecond = linesPerSecond;
  }

  static async open(load: Load): Promise<FollowedLoad> {
    const executions = Array.from({ length: load.nodes }, (_, at) => {
      const x = `${X.slice(0, -2)}${String(at).padStart(2, "0")}`;
      return new MockExecution({ x, node: `n${at}`, argv: ["./a"], job: "j", startedAtMs: Date.now(), lines: 1_000 });
    });
    const query = load.nodes === 1 ? `?x=${executions[0]?.options.x}` : "?job=j&run=1";
    const viewer = await startViewer(executions);
    const { page, mock } = viewer;
    await page.goto(`${mock.url}/${query}`);
    await page.locator(".row").first().waitFor();
    await poll("it follows", () => mock.live.viewers > 0 && mock.live.received.length > 0);
    return new FollowedLoad(viewer, executions, load);
  }

  /** Prints for so long. */
  async print(forMs: number): Promise<void> {
    const startedMs = performance.now();
    let printed = 0;
    // Each step prints what is due: the machine may be late.
    for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedMs) {
      const due = Math.floor((elapsedMs / 1_000) * this.#linesPerSecond) - printed;
      printed += due;
      for (const execution of due > 0 ? this.#executions : []) {
        execution.print(due);
        this.viewer.mock.live.publish(execution, [execution.lastN - due + 1, execution.lastN]);
      }
      await pause(STEP_MS);
    }
  }

  /** Resolves when the last line is in view. */
  async seen(): Promise<void> {
    const lastN = this.#executions[0]?.lastN ?? 0;
    await poll("it has kept up", async () => (await rowsInView(this.viewer.page)).some(({ n }) => n === lastN));
  }
}
