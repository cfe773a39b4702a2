import type { Browser, Page } from "playwright-core";
import { afterwards } from "./cleanup.ts";
import { type MockCollector, startMockCollector } from "./mock-collector.ts";
import { MockExecution, type MockExecutionOptions, type MockLine, text } from "./mock-executions.ts";
import { poll } from "./poll.ts";
import { openPage, type PageOptions, rowsInView, UI_FOLDER } from "./viewer.ts";

/** The execution that `openLog` opens. */
export const OPENED_X = "01JC0000000000000000000000";

interface OpenedLog {
  readonly mock: MockCollector;
  readonly page: Page;
  readonly problems: string[];
}

/** The log of one finished execution, opened. */
export async function openLog(
  browser: Browser,
  options: Partial<MockExecutionOptions>,
  { query = "", ...pageOptions }: PageOptions & { readonly query?: string } = {},
): Promise<OpenedLog> {
  const ended = { state: "finished", code: 0 } as const;
  const startedAtMs = Date.UTC(2026, 10, 20, 4, 17);
  const execution = new MockExecution({ x: OPENED_X, node: "n1", argv: ["./train"], startedAtMs, ended, ...options });
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions: [execution] });
  afterwards(() => mock.close());
  const opened = await openPage(browser, pageOptions);
  await opened.page.goto(`${mock.url}/?x=${OPENED_X}${query}`);
  await opened.page.locator(".row").first().waitFor({ state: "attached" });
  return { mock, ...opened };
}

export function linesOf(lines: readonly MockLine[]): Partial<MockExecutionOptions> {
  return { lines: lines.length, lineAt: (n) => lines[n - 1] ?? text("") };
}

/** Waits until a line is in view. */
export async function seeLine(page: Page, n: number): Promise<void> {
  await poll(`line ${n} in view`, async () => (await rowsInView(page)).some((row) => row.n === n));
}
